"""Gradio's own colours and type, taken from the same tokens as the rest of the page.

Knows which of Gradio's variables matter here. It refuses to name a colour: `static/tokens.css` does, for light and
dark at once, and Gradio's variables point there.
"""

from __future__ import annotations

import gradio as gr

_BY_TOKEN = {
    "--al-paper": ("body_background_fill", "background_fill_primary", "panel_background_fill"),
    "--al-sunken": (
        "background_fill_secondary",
        "block_label_background_fill",
        "button_secondary_background_fill_hover",
        "code_background_fill",
        "table_even_background_fill",
    ),
    "--al-raised": (
        "block_background_fill",
        "input_background_fill",
        "input_background_fill_focus",
        "button_secondary_background_fill",
        "checkbox_background_color",
        "table_odd_background_fill",
        "stat_background_fill",
    ),
    "--al-ink": (
        "body_text_color",
        "block_title_text_color",
        "button_secondary_text_color",
        "button_secondary_text_color_hover",
        "accordion_text_color",
        "table_text_color",
    ),
    "--al-soft": (
        "body_text_color_subdued",
        "block_info_text_color",
        "block_label_text_color",
        "input_placeholder_color",
    ),
    "--al-line": (
        "border_color_primary",
        "block_border_color",
        "block_label_border_color",
        "panel_border_color",
        "table_border_color",
    ),
    "--al-line-strong": ("input_border_color", "button_secondary_border_color", "checkbox_border_color"),
    "--al-accent": (
        "border_color_accent",
        "border_color_accent_subdued",
        "input_border_color_focus",
        "link_text_color",
        "link_text_color_hover",
        "link_text_color_active",
        "link_text_color_visited",
        "loader_color",
        "button_primary_background_fill",
        "button_primary_background_fill_hover",
        "button_primary_border_color",
        "checkbox_background_color_selected",
        "checkbox_border_color_selected",
    ),
    "--al-accent-wash": ("color_accent_soft",),
    "--al-accent-ink": ("button_primary_text_color", "button_primary_text_color_hover"),
}


def almanac_theme() -> gr.themes.Base:
    """Return the theme; no font is fetched, the system's are used."""
    theme = gr.themes.Base(
        radius_size=gr.themes.sizes.radius_lg,
        text_size=gr.themes.sizes.text_md,
        font=["var(--al-sans)"],
        font_mono=["var(--al-mono)"],
    )
    values = {
        f"{name}{mode}": f"var({token})"
        for token, names in _BY_TOKEN.items()
        for name in names
        for mode in ("", "_dark")
    }
    return theme.set(
        **values,
        color_accent="var(--al-accent)",
        block_shadow="none",
        block_shadow_dark="none",
        input_shadow="none",
        input_shadow_focus="0 0 0 3px var(--al-accent-wash)",
        input_shadow_focus_dark="0 0 0 3px var(--al-accent-wash)",
        block_border_width="0px",
        input_border_width="1px",
        button_border_width="1px",
        block_title_text_weight="600",
        block_title_text_size="*text_sm",
        layout_gap="12px",
    )
