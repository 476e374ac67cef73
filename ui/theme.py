"""The colours of the chat page, light and dark; text has a contrast of at least 4.5 to 1 on its background."""

from collections.abc import Mapping

_LIGHT = {
    "primaryColor": "#0f5c7a",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f2f6f8",
    "textColor": "#17242c",
    "linkColor": "#0b5573",
    "borderColor": "#ccd7de",
    "greenBackgroundColor": "#e2f4e8",
    "greenTextColor": "#14602f",
    "redBackgroundColor": "#fce8e6",
    "redTextColor": "#9b1c1c",
    "orangeBackgroundColor": "#fdf0dc",
    "orangeTextColor": "#7c4203",
    "orangeColor": "#b45f06",
    "blueBackgroundColor": "#e4eff6",
    "blueTextColor": "#0f4c6b",
    "grayBackgroundColor": "#eceff1",
    "grayTextColor": "#37474f",
}
_DARK = {
    "primaryColor": "#6cc3e0",
    "backgroundColor": "#10171c",
    "secondaryBackgroundColor": "#19232a",
    "textColor": "#e6edf1",
    "linkColor": "#8fd3ea",
    "borderColor": "#3a4851",
    "greenBackgroundColor": "#12321f",
    "greenTextColor": "#8fe0ab",
    "redBackgroundColor": "#3b1717",
    "redTextColor": "#ffb3ab",
    "orangeBackgroundColor": "#38270f",
    "orangeTextColor": "#f7c98b",
    "orangeColor": "#e3a04a",
    "blueBackgroundColor": "#12303f",
    "blueTextColor": "#9fd8f0",
    "grayBackgroundColor": "#273138",
    "grayTextColor": "#cfd8dc",
}

THEME: Mapping[str, str | bool | int | list[str]] = {
    "theme.baseFontSize": 16,
    "theme.paddingTop": "3.5rem",
    "theme.paddingBottom": "1rem",
    "theme.showWidgetBorder": True,
    "theme.headingFontSizes": ["1.9rem", "1.4rem", "1.2rem", "1.1rem", "1rem", "1rem"],
    **{f"theme.light.{name}": colour for name, colour in _LIGHT.items()},
    **{f"theme.dark.{name}": colour for name, colour in _DARK.items()},
}
