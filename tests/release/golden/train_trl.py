"""Fine-tune a causal language model on this release with TRL. It needs no network once the model is on disk.

    pip install "trl>=1.0" torch
    python train_trl.py --model PATH_OR_NAME --out trained

`--method` chooses among what the release holds: sft learns the answers, with the loss on the response alone and two
epochs, as in the papers; dpo and kto learn from better and worse ones; reward makes a reward model. `--steps 3` tries
it out.
"""

import argparse
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


def main() -> None:
    """Read the command line, train, and save model and tokenizer."""
    arguments = _arguments()
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
    parser.add_argument("--cpu", action="store_true", help="train without an accelerator")
    return parser.parse_args()


if __name__ == "__main__":
    main()
