"""Exports of weights to OpenVINO and ONNX, with calibration and validation of INT8."""
