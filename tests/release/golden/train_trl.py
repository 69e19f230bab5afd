"""Fine-tune a causal language model on this release with TRL. It needs no network once the model is on disk.

    pip install "trl>=1.0" torch
    python train_trl.py --model PATH_OR_NAME --out trained

The loss is on the response alone and two epochs are run, as in the papers. `--steps 3` tries it out.
"""

import argparse
from pathlib import Path

TRAIN = "trl-prompt-completion/train.jsonl"
VALIDATION = ""
HERE = Path(__file__).resolve().parent


def main() -> None:
    """Read the command line, train, and save model and tokenizer."""
    arguments = _arguments()
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    paths = {"train": str(HERE / TRAIN)} | ({"validation": str(HERE / VALIDATION)} if VALIDATION else {})
    rows = load_dataset("json", data_files=paths)
    if "messages" in rows["train"].column_names:
        # As prompt and completion the loss stays on the answer with every chat template.
        rows = rows.map(
            lambda row: {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]},
            remove_columns=rows["train"].column_names,
        )
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(arguments.model),
        processing_class=AutoTokenizer.from_pretrained(arguments.model),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        args=SFTConfig(
            output_dir=arguments.out,
            num_train_epochs=arguments.epochs,
            max_steps=arguments.steps,
            per_device_train_batch_size=arguments.batch,
            learning_rate=arguments.learning_rate,
            max_length=arguments.max_length,
            completion_only_loss=True,
            use_cpu=arguments.cpu,
            bf16=False,
            report_to="none",
            logging_steps=1 if arguments.steps > 0 else 10,
            seed=arguments.seed,
        ),
    )
    trainer.train()
    if VALIDATION:
        trainer.evaluate()
    trainer.save_model(arguments.out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a folder or a Hub name")
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
