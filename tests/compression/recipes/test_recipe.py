"""Recipes of compression: strict keys, an order that makes sense, and back to TOML and the same."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

import edgekit
from edgekit.cli.compress import command
from edgekit.compression import READY, STAGES, CompressionRecipe
from edgekit.compression.recipes.pieces import Cut, Train, pieces_of
from edgekit.compression.recipes.ready import recipe_named
from edgekit.compression.recipes.stages import ChannelPrune, Prune
from edgekit.compression.run.handing_over import hand_over_of
from edgekit.errors import RecipeError, UsageError

_COSTS = {"macs": 1000, "parameters": 100, "channels": {"conv": 16}}


def of(*stages: dict, **tables: object) -> CompressionRecipe:
    return CompressionRecipe.from_mapping({"stage": list(stages), **tables})


@pytest.mark.parametrize("name", READY)
def test_a_ready_recipe_comes_back_from_toml_as_it_was(name: str, tmp_path: Path) -> None:
    recipe_named(name).save(tmp_path / "r.toml")
    assert recipe_named(tmp_path / "r.toml") == READY[name]


@pytest.mark.parametrize(
    ("stages", "tables", "told"),
    [
        ([{"kind": "channel-prun", "macs": 0.5}], {}, "Did you mean 'channel-prune'?"),
        ([{"macs": 0.5}], {}, "a [[stage]] has no kind"),
        (
            [{"kind": "channel-prune", "mac": 0.5}],
            {},
            "unknown key of stage 'channel-prune' 'mac'. Did you mean 'macs'?",
        ),
        ([{"kind": "channel-prune", "macs": 1.2}], {}, "macs is 1.2, but must be a share"),
        ([{"kind": "channel-prune", "macs": "half"}], {}, "macs is 'half', but must be a number"),
        ([{"kind": "channel-prune"}], {}, "channel-prune needs one goal: macs, parameters, instructions or latency"),
        ([{"kind": "channel-prune", "macs": 0.5, "parameters": 0.5}], {}, "needs one goal"),
        (
            [{"kind": "channel-prune", "macs": 0.5, "device": "emulated:rpi4"}],
            {},
            "channel-prune has device, but no instructions",
        ),
        (
            [{"kind": "channel-prune", "macs": 0.5, "profile": "rpi4"}],
            {},
            "channel-prune has profile, but no latency",
        ),
        ([{"kind": "channel-prune", "layers": {"a*": 2}}], {}, "layers.'a*' is 2, but must be a share"),
        ([{"kind": "channel-prune", "macs": 0.5, "importance": "l3"}], {}, "unknown importance 'l3'"),
        (
            [{"kind": "finetune"}, {"kind": "channel-prune", "macs": 0.5}],
            {},
            "stage 'finetune' comes before 'channel-prune', which would undo it",
        ),
        (
            [{"kind": "finetune"}, {"kind": "prune", "sparsity": 0.5}],
            {},
            "stage 'finetune' comes before 'prune', which would undo it",
        ),
        (
            [{"kind": "prune", "sparsity": 0.5}, {"kind": "finetune"}, {"kind": "channel-prune", "macs": 0.5}],
            {"head": {"classes": 2}},
            "stage 'prune' comes before 'channel-prune', which would undo it",
        ),
        ([{"kind": "prune", "sparsity": 1.2}], {}, "sparsity is 1.2, but must be a share, 0 to 1"),
        ([{"kind": "prune", "sparsity": 1}], {}, "sparsity is 1, which would leave no weight"),
        ([{"kind": "prune", "sparsity": 0.0}], {}, "sparsity is 0, which would leave every weight"),
        ([{"kind": "prune"}], {}, "stage 'prune' lacks sparsity"),
        ([{"kind": "prune", "sparsity": 0.8, "pattern": "2:4"}], {}, "2:4 leaves two of four weights"),
        ([{"kind": "cluster"}, {"kind": "distill"}], {}, "stage 'cluster' comes before 'distill', which would undo it"),
        (
            [{"kind": "quantize-finetune"}, {"kind": "finetune"}],
            {},
            "stage 'quantize-finetune' comes before 'finetune', which would undo it",
        ),
        (
            [{"kind": "quantize-finetune"}, {"kind": "distill"}],
            {},
            "stage 'quantize-finetune' comes before 'distill', which would undo it",
        ),
        ([{"kind": "quantize-finetune"}], {}, "quantize-finetune alone leaves the Keras model as it is"),
        (
            [{"kind": "finetune"}, {"kind": "quantize-finetune", "precision": "float16"}],
            {},
            "quantize-finetune is for int8 or int8x4, which float16 is not",
        ),
        (
            [{"kind": "finetune"}, {"kind": "quantize-finetune", "learning_rate": 0.1}],
            {},
            "unknown key of stage 'quantize-finetune' 'learning_rate'",
        ),
        ([{"kind": "finetune"}, {"kind": "quantize-finetune", "keep": ["zeros"]}], {}, "unknown keep 'zeros'"),
        ([{"kind": "finetune", "epochs": -1}], {}, "epochs is -1, but must be a whole number, 0 or more"),
        ([{"kind": "finetune", "schedule": "cosin"}], {}, "Did you mean 'cosine'?"),
        ([{"kind": "finetune", "augment": ["flop"]}], {}, "unknown augmentation 'flop'. Did you mean 'flip'?"),
        ([{"kind": "finetune"}], {"distillation": {"temperature": 0.0}}, "temperature is 0, but must be above 0"),
        ([{"kind": "finetune"}], {"split": {"test": 0.95}}, "split leaves"),
        ([{"kind": "finetune"}], {"data": {"value_rang": "unit"}}, "Did you mean 'value_range'?"),
        ([{"kind": "finetune"}], {"trainin": {}}, "Did you mean 'training'?"),
        ([], {}, "the recipe has no stage"),
    ],
)
def test_what_is_wrong_is_said(stages: list, tables: dict, told: str) -> None:
    with pytest.raises(RecipeError) as caught:
        of(*stages, **tables)
    assert told in caught.value.message


def test_an_unknown_recipe_lists_the_ready_ones() -> None:
    with pytest.raises(RecipeError, match=r"unknown compression recipe 'smallr'. Did you mean 'smaller'\?"):
        recipe_named("smallr")


def test_distillation_may_come_first_and_last() -> None:
    recipe = of({"kind": "distill"}, {"kind": "channel-prune", "macs": 0.5}, {"kind": "distill"})
    assert [stage.kind for stage in recipe.stages] == ["distill", "channel-prune", "distill"]


def test_fine_tuning_may_come_before_a_cut_that_is_not_the_first_or_where_a_head_is_new() -> None:
    cut, prune, tune = {"kind": "channel-prune", "macs": 0.5}, {"kind": "prune", "sparsity": 0.5}, {"kind": "finetune"}
    assert [stage.kind for stage in of(cut, tune, prune, tune).stages][1:3] == ["finetune", "prune"]
    assert of(cut, tune, {**cut, "macs": 0.25}, prune).stages[1].kind == "finetune"
    assert of(tune, cut, tune, head={"classes": 2}).stages[0].kind == "finetune"


def test_a_key_that_two_mean_is_told_once() -> None:
    with pytest.raises(RecipeError) as caught:
        of({"kind": "prune", "sparsity": 0.5, "sparse": True})
    valid = caught.value.message.partition("Valid: ")[2].split(", ")
    assert len(valid) == len(set(valid)) > 20
    assert "schedule" in valid


def test_a_cut_that_names_no_device_takes_the_one_that_counts() -> None:
    recipe = of({"kind": "channel-prune", "instructions": 0.5}, {"kind": "channel-prune", "macs": 0.2})
    counted = recipe.counted_on(["local", "emulated:rpi5"])
    assert [getattr(stage.what, "device", None) for stage in counted.stages] == ["emulated:rpi5", None]
    named = of({"kind": "channel-prune", "instructions": 0.5, "device": "emulated:rpi4"})
    assert named.counted_on(["emulated:rpi5"]) == named
    with pytest.raises(RecipeError, match="several devices count them: emulated:rpi4, emulated:rpi5"):
        recipe.counted_on(["emulated:rpi4", "emulated:rpi5"])


def test_the_path_of_a_teacher_counts_from_the_folder_of_the_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "r.toml").write_text(
        '[distillation]\nteacher = "large.keras"\n[[stage]]\nkind = "distill"\n'
    )
    monkeypatch.chdir(tmp_path)
    loaded = CompressionRecipe.load("recipes/r.toml")
    assert loaded.distillation is not None
    assert loaded.distillation.teacher == str(tmp_path / "recipes" / "large.keras")
    loaded.save(tmp_path / "copy.toml")
    assert CompressionRecipe.load("copy.toml") == loaded


def test_a_distillation_of_which_nothing_is_said_has_the_original_as_its_teacher() -> None:
    (piece,) = pieces_of(of({"kind": "distill"}), costs=_COSTS)
    assert isinstance(piece, Train)
    assert piece.distillation is not None
    assert (piece.distillation.teacher, piece.distillation.taught_by) == ("original", "the original")


def test_several_cuts_take_the_same_share_each_and_end_at_the_goal() -> None:
    pieces = pieces_of(of({"kind": "channel-prune", "macs": 0.25, "steps": 2, "epochs": 3}), costs=_COSTS)
    assert [type(piece) for piece in pieces] == [Cut, Train, Cut, Train]
    assert [piece.settings["allowed"] for piece in pieces if isinstance(piece, Cut)] == pytest.approx([500, 250])


def test_cuts_that_are_held_to_a_core_are_so_step_by_step() -> None:
    stage = {"kind": "channel-prune", "instructions": 0.25, "device": "emulated:rpi4", "steps": 2, "epochs": 0}
    cuts = pieces_of(of(stage), costs=_COSTS)
    assert [(str(cut.gauge), cut.share) for cut in cuts if isinstance(cut, Cut)] == [
        ("instructions on emulated:rpi4", 0.5),
        ("instructions on emulated:rpi4", 0.25),
    ]
    assert len(cuts) == 2


def test_a_stage_trains_as_the_recipe_says_unless_it_says_otherwise() -> None:
    recipe = of(
        {"kind": "finetune", "learning_rate": 0.5},
        {"kind": "finetune", "distill": False},
        training={"batch_size": 7},
        distillation={},
    )
    first, second = pieces_of(recipe, costs=_COSTS)
    assert isinstance(first, Train)
    assert isinstance(second, Train)
    assert (first.training.batch_size, first.training.learning_rate) == (7, 0.5)
    assert first.distillation is not None
    assert second.distillation is None


def test_the_artifact_keeps_what_stages_before_it_made_unless_told_otherwise(tmp_path: Path) -> None:
    stages = [{"kind": "prune", "sparsity": 0.5}, {"kind": "cluster"}, {"kind": "quantize-finetune", "epochs": 2}]
    recipe = of(*stages)
    ending = hand_over_of(recipe, Path("net.keras"))
    assert ending is not None
    assert (ending.name, ending.keep, ending.path.name) == (
        "3 quantize-finetune",
        ("sparsity", "clusters"),
        "net.int8.tflite",
    )
    assert len(pieces_of(recipe, costs=_COSTS)) == 2
    alone = of(*stages[:2], {**stages[2], "keep": []})
    alone.save(tmp_path / "r.toml")
    loaded = hand_over_of(CompressionRecipe.load(tmp_path / "r.toml"), Path("net.keras"))
    assert loaded is not None
    assert (loaded.keep, loaded.what.epochs) == ((), 2)
    assert hand_over_of(of(*stages[:2]), Path("net.keras")) is None


def test_the_schedule_of_a_pruning_is_that_of_its_sparsity(tmp_path: Path) -> None:
    recipe = of({"kind": "prune", "sparsity": 0.5, "schedule": "polynomial"}, training={"schedule": "step"})
    (stage,) = recipe.stages
    assert isinstance(stage.what, Prune)
    assert (stage.what.schedule, stage.training.schedule) == ("polynomial", "step")
    recipe.save(tmp_path / "r.toml")
    assert CompressionRecipe.load(tmp_path / "r.toml") == recipe


def test_another_goal_takes_the_place_of_the_recipes_own() -> None:
    recipe = of({"kind": "channel-prune", "macs": 0.5, "steps": 2}, {"kind": "finetune"})
    counted = recipe.with_goal("instructions", 0.4, at="emulated:rpi4")
    (what, *_) = (stage.what for stage in counted.stages)
    assert isinstance(what, ChannelPrune)
    assert (what.goal, what.instructions, what.device, what.macs, what.steps) == (
        "instructions", 0.4, "emulated:rpi4", None, 2
    )  # fmt: skip
    assert counted.with_goal("macs", 0.5) == recipe
    with pytest.raises(RecipeError, match="channel-prune has latency, but no profile"):
        recipe.with_goal("latency", 0.5)
    with pytest.raises(RecipeError, match="macs is 1.5, but must be a share"):
        recipe.with_goal("macs", 1.5)
    with pytest.raises(RecipeError, match="the recipe has no such stage"):
        of({"kind": "finetune"}).with_goal("macs", 0.5)
    # Both would be held to the same share of the original, and the second would take nothing.
    with pytest.raises(RecipeError, match="the goal of one channel-prune, and the recipe has 2 of them"):
        of({"kind": "channel-prune", "macs": 0.8}, {"kind": "channel-prune", "macs": 0.5}).with_goal("macs", 0.5)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--macs", "0.5", "--latency", "0.5", "--profile", "rpi4"], "--macs and --latency are goals of the same cut"),
        (["--instructions", "0.5", "--device", "local"], "--instructions needs one device that counts them"),
        (
            ["--instructions", "0.5", "--device", "emulated:rpi4", "--device", "emulated:rpi5"],
            "--instructions needs one device that counts them, and emulated:rpi4 and emulated:rpi5 are several",
        ),
        (["--macs", "0.5", "--profile", "rpi4"], "--profile is for --latency"),
        (["--latency", "0.5"], "channel-prune has latency, but no profile"),
        (["--macs", "1.5"], "macs is 1.5, but must be a share"),
    ],
)
def test_goals_are_given_as_options_too(options: list[str], told: str) -> None:
    arguments = ["gone.keras", "--recipe", "faster", "--data", "gone", *options]
    with pytest.raises((RecipeError, UsageError)) as caught:
        command.main(arguments, standalone_mode=False)
    assert told in caught.value.message


@pytest.mark.parametrize("name", READY)
def test_a_ready_recipe_is_shown_as_it_can_be_used(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.main(["--show-recipe", name], standalone_mode=False)
    shown = capsys.readouterr().out
    (tmp_path / "mine.toml").write_text(shown)
    assert edgekit.recipe_named(tmp_path / "mine.toml") == READY[name]
    # What is said once for all stages is not said again.
    assert shown.count("learning_rate") == shown.count("augment") == 1
    command.main(["--show-recipe", name, "--json"], standalone_mode=False)
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["name"]) == ("edgekit.compression_recipe/1", name)
    assert CompressionRecipe.from_mapping(document["recipe"]) == READY[name]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Missing argument 'MODEL'."),
        (["m.keras", "--data", "d"], "Missing option '--recipe'."),
        (["m.keras", "--recipe", "faster"], "Missing option '--data'."),
        (["m.keras", "--show-recipe", "faster"], "--show-recipe shows a recipe and does nothing else"),
        (["--show-recipe", "smaller", "--macs", "0.2", "-o", "m.toml"], "and --output, --macs would mean nothing"),
        (["--show-recipe", "fastr"], "unknown compression recipe 'fastr'. Did you mean 'faster'?"),
    ],
)
def test_what_must_be_given_unless_a_recipe_is_shown(arguments: list[str], told: str) -> None:
    with pytest.raises((click.UsageError, UsageError, RecipeError)) as caught:
        command.main(arguments, standalone_mode=False)
    error = caught.value
    assert told in (error.format_message() if isinstance(error, click.UsageError) else error.message)


def test_every_kind_of_stage_says_what_it_does() -> None:
    assert all(kind.summary for kind in STAGES.values())
