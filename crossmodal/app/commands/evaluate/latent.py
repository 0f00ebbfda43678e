"""The command `crossmodal evaluate latent MODEL`."""

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.commands.evaluate.tested import add_model_options, load_tested


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "latent",
        help="what is the latent space good for?",
        description="Measure the latents of the test clips of a protocol: what a linear probe reads in them, drawings "
        "at latents that no clip has, a map of them, the way from one to another, how well a clip is found again by "
        "another speaker, and thick one - thin one + thin seven.",
    )
    add_model_options(parser)
    add_outputs(parser, "latent")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from crossmodal.app.pictures.latent import save_latent_pictures
    from evaluation.latent.report import as_table, measure_latent_space

    folder = check_outputs(arguments, "latent", arguments.model)
    tested = load_tested(arguments)
    open_folder(folder)
    measured = measure_latent_space(*tested.data, reader=tested.reader, seed=arguments.seed)
    metrics = {**tested.facts, "latent_space": measured.to_json()}
    tell(arguments, as_table(measured), metrics)
    save_latent_pictures(folder, tested.model, tested.speech, tested.split, measured, seed=arguments.seed)
    close_folder(folder, arguments, "latent", {"model": arguments.model}, metrics, tested.locations)
    return 0
