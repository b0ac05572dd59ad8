# `make demo` and `make test` are all that a fresh machine needs: Python 3.11 or later with venv, git and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-slow test-cluster check lint docs infer-only test-lowest test-newest dist browser clean

demo: .venv/.installed
	$(BIN)/python examples/demo.py demo/pictures
	$(BIN)/detector infer demo/pictures --out demo/results --overwrite

# While you work on it: the linters and the fast tests.
check: lint
	$(BIN)/pytest -n auto -q -m "not slow and not cluster"

# Before a merge: the demonstration, the linters, inference without torch, the fast tests, and one slow test of each whole path.
test: demo lint infer-only
	$(BIN)/pytest -n auto -m "(not slow or essential) and not cluster"

# The other tests: trainings, exports, pages in a browser, comparisons with ultralytics.
test-slow: .venv/.installed
	$(BIN)/pytest -n auto -m "slow and not essential and not cluster"

# Ray clusters of three nodes on this machine, whose nodes and drivers are killed. Takes minutes.
test-cluster: .venv/.installed
	$(BIN)/pytest -n 0 -m cluster tests/detector/cluster

# What inference alone needs is enough for it: an environment of its own, and pictures from outside the checkout's packages.
infer-only: demo
	rm -rf .venv-infer && $(PYTHON) -m venv .venv-infer
	.venv-infer/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-infer.txt
	.venv-infer/bin/python -m pip install --quiet --disable-pip-version-check --no-deps .
	cd .venv-infer && bin/detector infer ../demo/pictures --track --out results
	cd .venv-infer && bin/python -c 'import sys, glob, detector; faces = detector.Detector().predict(sorted(glob.glob("../demo/pictures/*.jpg"))); sys.exit(not any(map(len, faces)) or "torch" in sys.modules)'
	rm -rf .venv-infer

# The lowest and the newest allowed versions of what inference needs, and the tests of pictures, videos and results with them.
test-lowest: RESOLUTION := lowest-direct
test-newest: RESOLUTION := highest
test-lowest test-newest: demo
	rm -rf .venv-$@ && $(PYTHON) -m venv .venv-$@ && .venv-$@/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-$@/bin/uv pip install --quiet --python .venv-$@/bin/python --resolution $(RESOLUTION) -r requirements-infer.txt
	.venv-$@/bin/uv pip install --quiet --python .venv-$@/bin/python 'pytest>=8.3'
	.venv-$@/bin/uv pip install --quiet --python .venv-$@/bin/python --no-deps .
	cd .venv-$@ && bin/detector infer ../demo/pictures --track --out results
	.venv-$@/bin/python -m pytest -q -m "not slow" -o addopts=--import-mode=importlib tests/detector/media tests/detector/test_detections.py \
		tests/detector/inference/test_shown.py tests/detector/inference/test_outputs.py tests/detector/inference/test_people_output.py
	rm -rf .venv-$@

# The wheel and the source archive in dist/, checked, and the wheel installed alone and run on pictures.
dist: demo
	rm -rf dist .venv-dist && $(PYTHON) -m venv .venv-dist
	.venv-dist/bin/python -m pip install --quiet --disable-pip-version-check 'hatchling>=1.24' 'twine>=6'
	.venv-dist/bin/python -m hatchling build
	.venv-dist/bin/twine check --strict dist/*
	.venv-dist/bin/python .ci/check_dist.py dist
	.venv-dist/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-infer.txt
	.venv-dist/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dist/*.whl
	cd .venv-dist && bin/detector infer ../demo/pictures --out results
	rm -rf .venv-dist

# The tests of the page need a browser. Without apt and root it is left out, and these tests are skipped.
browser:
	@command -v chromium >/dev/null || { command -v apt-get >/dev/null && test "$$(id -u)" = 0 \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium >/dev/null; } \
		|| echo "no chromium: the tests of the page will be skipped"

# The documentation as a site. A wrong link, anchor or docstring ends it; nothing of it is loaded from elsewhere.
docs: .venv/.installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Open build/site/index.html; to search in it: $(BIN)/python -m http.server --bind 127.0.0.1 -d build/site"

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Python 3.11 or later is needed, {sys.executable} is {sys.version.split()[0]}; try make PYTHON=python3.12")'
	@echo 'Installing into .venv: 8.4 GB, which takes some minutes and prints nothing until it is done.'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv .venv-infer .venv-test-lowest .venv-test-newest .venv-dist demo build dist
