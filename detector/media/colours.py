"""The colour of each class: one choice for drawings, plots and pages."""

from converters.labels import MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK

# RGB. Green, red and amber, chosen to differ in brightness too, for those who confuse red and green.
_COLOURS = {
    WITH_MASK: (39, 174, 96),
    WITHOUT_MASK: (214, 29, 43),
    MASK_WORN_INCORRECTLY: (255, 180, 0),
}
_OTHER_COLOURS = ((20, 120, 200), (150, 60, 170), (0, 150, 150), (110, 110, 110))


def rgb_of(label: str, class_id: int = 0) -> tuple[int, int, int]:
    """The colour of a class as (red, green, blue), 0 to 255.

    Args:
        label: The name of the class.
        class_id: Its id, which chooses the colour of a class that this project does not know.
    """
    return _COLOURS.get(label, _OTHER_COLOURS[class_id % len(_OTHER_COLOURS)])


def bgr_of(label: str, class_id: int = 0) -> tuple[int, int, int]:
    """The colour of a class in OpenCV's order (blue, green, red); see `rgb_of`."""
    red, green, blue = rgb_of(label, class_id)
    return blue, green, red


def hex_of(label: str) -> str:
    """The colour of a class as CSS writes it: `#27ae60`."""
    return "#{:02x}{:02x}{:02x}".format(*rgb_of(label))
