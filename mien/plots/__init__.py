"""Pictures of figures, in one style: every function returns a matplotlib `Figure` made without pyplot.

`mien.plots.style` turns a figure into PNG bytes for MLflow or into SVG that follows the light or dark theme of a page.
"""
