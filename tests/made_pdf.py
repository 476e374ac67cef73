"""Makers of PDF files for tests: columns, tables, running heads, hidden words, scans, turned pages, damage."""

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen import canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=12.5, spaceAfter=6)
TITLE = ParagraphStyle("title", parent=BODY, fontName="Helvetica-Bold", fontSize=18, leading=22, spaceAfter=10)
SECTION = ParagraphStyle("section", parent=BODY, fontName="Helvetica-Bold", fontSize=13, leading=16, spaceBefore=8)
BOLD = ParagraphStyle("bold", parent=BODY, fontName="Helvetica-Bold")
GRID = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")])


def drawn(*pages: Callable[[canvas.Canvas], object], **options: Any) -> bytes:
    """Give a PDF whose pages are drawn one by one on a letter page."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=letter, **options)
    for draw in pages:
        sheet.setFont("Helvetica", 10)
        draw(sheet)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def lines(*texts: str, x: float = 72, top: float = 700, size: float = 10) -> Callable[[canvas.Canvas], object]:
    """Give a page that writes lines one below the other."""

    def draw(sheet: canvas.Canvas) -> None:
        sheet.setFont("Helvetica", size)
        for row, text in enumerate(texts):
            sheet.drawString(x, top - 1.25 * size * row, text)

    return draw


def flowed(story: Iterable[Flowable], head: str = "", foot: str = "") -> bytes:
    """Give a PDF of paragraphs and tables that run over pages, each page with a head and a foot that may name `{page}`."""
    out = io.BytesIO()

    def around(sheet: canvas.Canvas, _: object) -> None:
        sheet.setFont("Helvetica", 8)
        sheet.drawString(72, 760, head.format(page=sheet.getPageNumber()))
        sheet.drawString(72, 30, foot.format(page=sheet.getPageNumber()))

    SimpleDocTemplate(out, pagesize=letter, topMargin=60, bottomMargin=60).build(list(story), onFirstPage=around, onLaterPages=around)
    return out.getvalue()


def in_columns(title: str, texts: Sequence[str]) -> bytes:
    """Give a PDF with a heading over the whole width and paragraphs in two columns below it."""
    out = io.BytesIO()
    frames = [Frame(54, 690, 504, 60, id="top"), Frame(54, 54, 240, 630, id="left"), Frame(318, 54, 240, 630, id="right")]
    later = [Frame(54, 54, 240, 690, id="left"), Frame(318, 54, 240, 690, id="right")]
    document = BaseDocTemplate(out, pagesize=letter)
    document.addPageTemplates([PageTemplate("first", frames), PageTemplate("later", later)])
    story: list[Flowable] = [NextPageTemplate("later"), Paragraph(title, TITLE), FrameBreak(), *(Paragraph(t, BODY) for t in texts)]
    document.build(story)
    return out.getvalue()


def across(left: Sequence[str], right: Sequence[str]) -> bytes:
    """Give a PDF that writes two columns line by line across both."""

    def draw(sheet: canvas.Canvas) -> None:
        for row, (one, other) in enumerate(zip(left, right, strict=True)):
            sheet.drawString(54, 700 - 12.5 * row, one)
            sheet.drawString(330, 700 - 12.5 * row, other)

    return drawn(draw)


def grid(rows: Sequence[Sequence[str]], widths: Sequence[float], *, repeat: int = 0, style: Sequence[Any] = ()) -> Table:
    """Give a ruled table; `repeat` rows are written again on each page."""
    cells = [[Paragraph(cell, BODY) for cell in row] for row in rows]
    return Table(cells, colWidths=list(widths), repeatRows=repeat, style=TableStyle([*GRID.getCommands(), *style]))


def image(width: int = 60, height: int = 80, shade: int = 200) -> Any:
    """Give a picture of one shade of grey."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    return ImageReader(Image.new("RGB", (width, height), (shade, shade, shade)))


__all__ = ["BODY", "BOLD", "SECTION", "TITLE", "Paragraph", "Spacer", "across", "drawn", "flowed", "grid", "image", "in_columns", "lines"]
