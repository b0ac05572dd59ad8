// Requests to this server; a problem of its (RFC 9457) becomes an Error with a sentence for people.

export class ApiError extends Error {
  constructor(problem) {
    super(sentence(problem));
    this.problem = problem;
  }
}

export function sentence(problem) {
  return problem.expected ? `${problem.found}; expected ${problem.expected}` : problem.found;
}

export async function request(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new ApiError({ found: "the server does not answer", expected: "a server that runs" });
  }
  if (answer.status === 401) location.assign("/login");
  if (answer.ok) return answer;
  throw new ApiError(await answer.json().catch(() => ({ found: `status ${answer.status}` })));
}

export async function model() {
  return (await request("/v1/model")).json();
}

// All faces from the lowest confidence on: the slider then acts without another request.
export async function predict(file, conf, retries = 5) {
  const body = new FormData();
  body.append("file", file, file.name);
  try {
    const [found] = await (await request(`/v1/predict?conf=${conf}`, { method: "POST", body })).json();
    return found;
  } catch (error) {
    if (error.problem?.status !== 503 || retries === 0) throw error;
    await new Promise((resume) => setTimeout(resume, 1000));
    return predict(file, conf, retries - 1);
  }
}
