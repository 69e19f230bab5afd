"""Fine-tune a causal language model on this release with TRL. It needs no network once the model is on disk.

    pip install "trl>=1.0" torch
    python train_trl.py --model PATH_OR_NAME --out trained

`--method` chooses among what the release holds: sft learns the answers, with the loss on the response alone and two
epochs, as in the papers; dpo and kto learn from better and worse ones; reward makes a reward model. `--steps 3` tries
it out.

`--evaluate NAME` goes on, where Winnow is on this machine: the trained model answers the evaluation set of that name,
asked in the layout that it learned, and is registered there with this release.
"""

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

# By method: the file to train on, and the one to evaluate on or nothing.
FILES = {
    "sft": ("trl-prompt-completion/train.jsonl", ""),
    "dpo": ("trl-dpo/train.jsonl", ""),
    "kto": ("trl-kto/train.jsonl", ""),
    "reward": ("trl-reward/train.jsonl", ""),
}
HERE = Path(__file__).resolve().parent
WITH_INPUT, WITHOUT = "{instruction}\n\n{input}\n\n", "{instruction}\n\n"  # as the prompts of prompt and completion


def main() -> None:
    """Read the command line, train, save model and tokenizer, and evaluate them where that is asked."""
    arguments = _arguments()
    if arguments.evaluate:
        # What it would refuse later it refuses now: a set or a release that is not there, a Winnow that is not.
        _evaluate(arguments, arguments.model, "--estimate")
    from datasets import load_dataset
    from transformers import AutoTokenizer

    train, held_out = FILES[arguments.method]
    paths = {"train": str(HERE / train)} | ({"validation": str(HERE / held_out)} if held_out else {})
    rows = load_dataset("json", data_files=paths)
    if "messages" in rows["train"].column_names:
        # As prompt and completion the loss stays on the answer with every chat template.
        rows = rows.map(
            lambda row: {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]},
            remove_columns=rows["train"].column_names,
        )
    make, config, options = _trainer(arguments)
    trainer = make(
        processing_class=AutoTokenizer.from_pretrained(arguments.model),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        args=config(
            output_dir=arguments.out,
            num_train_epochs=arguments.epochs,
            max_steps=arguments.steps,
            per_device_train_batch_size=arguments.batch,
            learning_rate=arguments.learning_rate,
            max_length=arguments.max_length,
            use_cpu=arguments.cpu,
            bf16=False,
            report_to="none",
            logging_steps=1 if arguments.steps > 0 else 10,
            seed=arguments.seed,
            **options,
        ),
    )
    trainer.train()
    if held_out:
        trainer.evaluate()
    trainer.save_model(arguments.out)
    if arguments.evaluate:
        _evaluate(arguments, str(Path(arguments.out).resolve()))


def _evaluate(arguments: argparse.Namespace, model: str, *more: str) -> None:
    """Let Winnow ask the model in its own process, and register it. Ends the program where Winnow refuses."""
    if arguments.method == "reward":
        raise SystemExit("A reward model writes no answers; evaluate one that was trained by another method.")
    with (HERE / FILES[arguments.method][0]).open(encoding="utf-8") as file:
        row = json.loads(file.readline())
    layout = ["--endpoint", "chat"]
    if isinstance(row.get("prompt"), str):
        layout = ["--endpoint", "completions", "--with-input", WITH_INPUT, "--without-input", WITHOUT]
    name = arguments.name or f"{Path(arguments.out).name} on {HERE.name}"
    asked = ["evaluate", "respond", arguments.evaluate, "--provider", "local", "--model", model, "--as", name, *layout]
    asked += ["--release", str(HERE), "--max-tokens", str(arguments.answer_tokens), "--concurrency", "16", *more]
    finished = subprocess.run([*_winnow(), *asked], check=False)
    if finished.returncode:
        raise SystemExit(finished.returncode)


def _winnow() -> list[str]:
    """The command line of the Winnow on this machine."""
    if importlib.util.find_spec("core") is not None:
        return [sys.executable, "-m", "core"]
    found = shutil.which("winnow")
    if found is None:
        raise SystemExit("There is no Winnow here; run this inside its folder, or where it is installed.")
    return [found]


def _trainer(arguments: argparse.Namespace) -> tuple[Any, Any, dict[str, Any]]:
    """The trainer with its model, the class of its settings, and what this method sets of them."""
    import trl
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    if arguments.method == "reward":
        judge = AutoModelForSequenceClassification.from_pretrained(arguments.model, num_labels=1)
        return lambda **given: trl.RewardTrainer(model=judge, **given), trl.RewardConfig, {}
    model = AutoModelForCausalLM.from_pretrained(arguments.model)
    if arguments.method == "dpo":
        return lambda **given: trl.DPOTrainer(model=model, **given), trl.DPOConfig, {}
    if arguments.method == "kto":
        return lambda **given: trl.KTOTrainer(model=model, **given), trl.KTOConfig, {}
    return lambda **given: trl.SFTTrainer(model=model, **given), trl.SFTConfig, {"completion_only_loss": True}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a folder or a Hub name")
    parser.add_argument("--method", choices=FILES, default=next(iter(FILES)), help="what is learned")
    parser.add_argument("--out", default="trained", help="where the trained model goes")
    parser.add_argument("--epochs", type=float, default=2, help="passes over the training rows")
    parser.add_argument("--steps", type=int, default=-1, help="stop after so many steps; -1 runs all epochs")
    parser.add_argument("--batch", type=int, default=4, help="rows a step on one device")
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--max-length", type=int, default=1024, help="tokens a row, longer ones are cut")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--evaluate", metavar="NAME", help="an evaluation set of Winnow's on this machine")
    parser.add_argument("--name", help="what the model is called there (default: its folder and this release)")
    parser.add_argument("--answer-tokens", type=int, default=1024, help="most tokens of an answer to the set")
    parser.add_argument("--cpu", action="store_true", help="train without an accelerator")
    return parser.parse_args()


if __name__ == "__main__":
    main()
