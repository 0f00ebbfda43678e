"""A local web page: speak and see what is drawn, learn a sound texture and hear it, teach it classes of your own.

`hearing`, `listening` and, for what is taught, `lesson`, `teaching` and `taught` hold what the page does; `page` and
`teach_tab` put it on a page with Gradio (the extra `[demo]`).
"""
