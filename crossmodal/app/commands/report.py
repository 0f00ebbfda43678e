"""Report on a run, or put several side by side: one HTML file, pictures and sounds inside.

  crossmodal report runs/vae
  crossmodal report runs/vae runs/balanced -o comparison.html
  crossmodal report runs/alpha-frontier

A folder of runs, such as a sweep's, stands for all runs in it.
"""

from pathlib import Path

from crossmodal.app.options import a_path


def add_arguments(parser) -> None:
    parser.add_argument("runs", nargs="+", type=a_path, metavar="RUN", help="the folder of a run, or of several")
    parser.add_argument(
        "-o", "--output", type=a_path, help="page to write (report.html, in the folder if there is one)"
    )
    parser.set_defaults(run=run, needs_tensorflow=False)


def run(arguments) -> int:
    from crossmodal.app.reports import compare_runs, write_report
    from crossmodal.runtime.files import check_output

    folders = arguments.runs
    arguments.output = output = arguments.output or (folders[0] if len(folders) == 1 else Path()) / "report.html"
    check_output(output, (".html",))
    one = len(folders) == 1
    print(f"report: {write_report(folders[0], output) if one else compare_runs(folders, output)}")
    return 0
