"""A local web page: speak and see what is drawn, learn a sound texture and hear it.

`hearing` and `listening` hold what the page does, `page` puts it on a page with Gradio (the extra `[demo]`).
"""
