"""What an executed notebook shows: its plots, the figures that it asserted, and itself as HTML."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

FIGURE_TYPE = "application/vnd.lake_platform.figure+json"
"""How a cell tells a figure: an output of this type, `{"name": …, "value": …}`."""


def find_plots(notebook: "NotebookNode") -> list[str]:
    """The images of all outputs in their order, PNG in base64."""
    return ["".join(data["image/png"]).replace("\n", "") for data in _data(notebook) if "image/png" in data]


def find_figures(notebook: "NotebookNode") -> dict[str, str]:
    """The figures by their names; of two with one name the later counts."""
    told = [data[FIGURE_TYPE] for data in _data(notebook) if FIGURE_TYPE in data]
    return {str(figure["name"]): str(figure["value"]) for figure in told}


def render_html(notebook: "NotebookNode") -> bytes:
    """One page that needs no other: images are inside, and no script is fetched from anywhere."""
    from nbconvert.exporters import HTMLExporter

    exporter = HTMLExporter(
        embed_images=True,
        mathjax_url="",
        require_js_url="",
        jquery_url="",
        mermaid_js_url="",
        mermaid_layout_elk_js_url="",
        jupyter_widgets_base_url="",
    )
    body, _ = exporter.from_notebook_node(notebook)
    return str(body).encode("utf-8")


def render_ipynb(notebook: "NotebookNode") -> bytes:
    """The notebook file."""
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _data(notebook: "NotebookNode") -> Iterator[dict[str, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "data" in output:
                yield output["data"]
