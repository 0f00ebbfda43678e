"""The command `crossmodal evaluate retrieval MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.commands.evaluate.tested import add_data_options, data_to_test


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "retrieval",
        help="does a sound find images of its class, and an image sounds?",
        description="Order the test images by how well they belong to each test clip, and the test clips by how well "
        "they belong to a test image, and count those of the right class among the first ones.",
    )
    add_data_options(parser)
    add_outputs(parser, "retrieval")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from crossmodal.models.correspondence import check_correspondence
    from crossmodal.saving.keras_file import load_model
    from evaluation.retrieval import as_table, measure_retrieval

    folder = check_outputs(arguments, "retrieval", arguments.model)
    tested = data_to_test(check_correspondence(load_model(arguments.model)), arguments)
    open_folder(folder)
    measured = measure_retrieval(*tested.data, seed=arguments.seed)
    metrics = {**tested.facts, **measured.to_json()}
    tell(arguments, as_table(measured), metrics)
    close_folder(folder, arguments, "retrieval", {"model": arguments.model}, metrics, tested.locations)
    return 0
