"""Non-maximum suppression as a part of an exported network."""

from typing import Any

import torch


class NetworkWithNms(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
    """A network that gives boxes, scores and classes instead of raw predictions: one box for each face.

    The boxes of all classes suppress each other, as `detector infer` does by default.

    Args:
        network: A network whose output is (N, 4 + classes, anchors).
        conf: Boxes at or below this score are dropped.
        iou: Of two boxes that overlap by more than this, the weaker is dropped.
        max_det: So many boxes are given for each picture.
    """

    def __init__(self, network: Any, conf: float, iou: float, max_det: int) -> None:
        super().__init__()
        self._network, self._conf, self._iou, self._max_det = network, conf, iou, max_det

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Find the boxes of a batch.

        Args:
            images: float32 (N, 3, H, W), RGB, 0 to 1.

        Returns:
            boxes float32 (N, max_det, 4), x1, y1, x2, y2 in pixels of the input; scores float32 (N, max_det); classes
            int64 (N, max_det). The best score comes first. Places that are left over have the score 0 and the class -1.
        """
        prediction = self._network(images).transpose(1, 2)
        centre, size = prediction[..., :2], prediction[..., 2:4]
        xyxy = torch.cat([centre - size / 2, centre + size / 2], dim=-1)
        confidence, class_id = prediction[..., 4:].max(dim=-1)
        kept = _Suppression.apply(xyxy, confidence[:, None], self._max_det, self._iou, self._conf)
        image, anchor = kept[:, 0], kept[:, 2]
        place = (_place(image, images.shape[0]),)
        many = images.shape[0], self._max_det
        boxes = xyxy.new_zeros(*many, 4).index_put((image, *place), xyxy[image, anchor])
        scores = xyxy.new_zeros(many).index_put((image, *place), confidence[image, anchor])
        classes = torch.full(many, -1, dtype=torch.int64).index_put((image, *place), class_id[image, anchor])
        return boxes, scores, classes


class _Suppression(torch.autograd.Function):  # type: ignore[misc]  # torch is not typed here
    """The operator NonMaxSuppression of ONNX, which torch does not have."""

    @staticmethod
    def forward(ctx: Any, xyxy: Any, scores: Any, max_det: int, iou: float, conf: float) -> torch.Tensor:
        """Give a result of the right type: while a network is converted, its values do not matter."""
        return torch.zeros((1, 3), dtype=torch.int64)

    @staticmethod
    def symbolic(g: Any, xyxy: Any, scores: Any, max_det: int, iou: float, conf: float) -> Any:
        """Its result is (boxes, 3): image, class and anchor, image by image, the best score first."""
        limits = torch.tensor([max_det]), torch.tensor([iou]), torch.tensor([conf])
        constants = [g.op("Constant", value_t=limit) for limit in limits]
        return g.op("NonMaxSuppression", xyxy, scores, *constants)


def _place(image: torch.Tensor, images: int) -> torch.Tensor:
    """The place of each box among the boxes of its image."""
    belongs = (image[:, None] == torch.arange(images)[None]).to(torch.int64)
    return torch.gather(belongs.cumsum(0), 1, image[:, None])[:, 0] - 1
