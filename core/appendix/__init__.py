"""A paper's appendix from a pool: tables and charts as LaTeX, SVG, PDF and CSV, with the methods in words."""
