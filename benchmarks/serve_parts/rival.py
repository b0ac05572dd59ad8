"""What people write: FastAPI with ultralytics' `YOLO` in the handler. Started by `uvicorn serve_parts.rival:app`."""

import io
import os
from typing import Any

from fastapi import FastAPI, UploadFile
from PIL import Image
from ultralytics import YOLO

app = FastAPI()
model = YOLO(os.environ["RIVAL_WEIGHTS"])


@app.post("/predict")
async def predict(file: UploadFile) -> list[dict[str, Any]]:
    """The usual way: it looks at the picture where the server also answers."""
    return _faces(await file.read())


@app.post("/predict-in-a-thread")
def predict_in_a_thread(file: UploadFile) -> list[dict[str, Any]]:
    """The same without `async`: FastAPI then calls it in one of its threads."""
    return _faces(file.file.read())


def _faces(content: bytes) -> list[dict[str, Any]]:
    result = model(Image.open(io.BytesIO(content)).convert("RGB"), verbose=False)[0]
    return [
        {"label": result.names[int(box.cls)], "confidence": float(box.conf), "xyxy": box.xyxy[0].tolist()}
        for box in result.boxes
    ]
