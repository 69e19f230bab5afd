"""Tables of the evaluation room: sealed sets, models and their responses, blind rounds, judgements by machines."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evaluation_sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_sets")),
        sa.UniqueConstraint("name", name=op.f("uq_evaluation_sets_name")),
    )
    op.create_table(
        "evaluation_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.Text(), server_default="", nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("domain", sa.Text(), server_default="", nullable=False),
        sa.Column("text_key", sa.Text(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["evaluation_sets.id"], name=op.f("fk_evaluation_tasks_set_id_evaluation_sets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_tasks")),
    )
    op.create_index(op.f("ix_evaluation_tasks_seal"), "evaluation_tasks", ["seal"], unique=False)
    op.create_index(
        op.f("ix_evaluation_tasks_set_id_position"), "evaluation_tasks", ["set_id", "position"], unique=False
    )
    op.create_table(
        "evaluation_models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("quality", sa.Text(), server_default="", nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_evaluation_models_release_id_releases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_models")),
        sa.UniqueConstraint("name", name=op.f("uq_evaluation_models_name")),
    )
    op.create_table(
        "evaluation_responses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("finish_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["evaluation_sets.id"], name=op.f("fk_evaluation_responses_set_id_evaluation_sets")
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["evaluation_tasks.id"], name=op.f("fk_evaluation_responses_task_id_evaluation_tasks")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["evaluation_models.id"], name=op.f("fk_evaluation_responses_model_id_evaluation_models")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_evaluation_responses_run_id_runs")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_evaluation_responses_request_id_requests")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_responses")),
        sa.UniqueConstraint("task_id", "model_id", name=op.f("uq_evaluation_responses_task_id_model_id")),
    )
    op.create_index(
        op.f("ix_evaluation_responses_set_id_model_id"), "evaluation_responses", ["set_id", "model_id"], unique=False
    )
    op.create_table(
        "evaluation_preferences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("baseline_id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("annotator", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("model_first", sa.Boolean(), nullable=False),
        sa.Column("preference", sa.Float(), nullable=True),
        sa.Column("baseline_length", sa.Integer(), nullable=False),
        sa.Column("model_length", sa.Integer(), nullable=False),
        sa.Column("prompt_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["evaluation_sets.id"], name=op.f("fk_evaluation_preferences_set_id_evaluation_sets")
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["evaluation_tasks.id"], name=op.f("fk_evaluation_preferences_task_id_evaluation_tasks")
        ),
        sa.ForeignKeyConstraint(
            ["baseline_id"],
            ["evaluation_models.id"],
            name=op.f("fk_evaluation_preferences_baseline_id_evaluation_models"),
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["evaluation_models.id"], name=op.f("fk_evaluation_preferences_model_id_evaluation_models")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_evaluation_preferences_run_id_runs")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_evaluation_preferences_request_id_requests")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_preferences")),
        sa.UniqueConstraint(
            "task_id",
            "baseline_id",
            "model_id",
            "annotator",
            "model_first",
            "prompt_hash",
            name=op.f("uq_evaluation_preferences_judgement"),
        ),
    )
    op.create_index(
        op.f("ix_evaluation_preferences_set_id_annotator"),
        "evaluation_preferences",
        ["set_id", "annotator"],
        unique=False,
    )
    op.create_table(
        "evaluation_rounds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("overlap", sa.Float(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("closed_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["set_id"], ["evaluation_sets.id"], name=op.f("fk_evaluation_rounds_set_id_evaluation_sets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_rounds")),
    )
    op.create_index(op.f("ix_evaluation_rounds_set_id_id"), "evaluation_rounds", ["set_id", "id"], unique=False)
    op.create_table(
        "evaluation_units",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("responses", sa.JSON(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=True),
        sa.Column("rated", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["evaluation_rounds.id"], name=op.f("fk_evaluation_units_round_id_evaluation_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["evaluation_tasks.id"], name=op.f("fk_evaluation_units_task_id_evaluation_tasks")
        ),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_evaluation_units")),
    )
    op.create_table(
        "evaluation_seats",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("rating_id", sa.Integer(), nullable=True),
        sa.Column("begun", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["round_id"], ["evaluation_rounds.id"], name=op.f("fk_evaluation_seats_round_id_evaluation_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "reviewer", "position", name=op.f("pk_evaluation_seats")),
        sa.UniqueConstraint("round_id", "reviewer", "unit", name=op.f("uq_evaluation_seats_round_id_reviewer_unit")),
    )
    op.create_table(
        "evaluation_ratings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["evaluation_rounds.id"], name=op.f("fk_evaluation_ratings_round_id_evaluation_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["undoes"], ["evaluation_ratings.id"], name=op.f("fk_evaluation_ratings_undoes_evaluation_ratings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_ratings")),
    )
    op.create_index(
        op.f("ix_evaluation_ratings_round_id_kind_unit"),
        "evaluation_ratings",
        ["round_id", "kind", "unit"],
        unique=False,
    )
    op.create_index(
        op.f("ix_evaluation_ratings_round_id_reviewer_id"),
        "evaluation_ratings",
        ["round_id", "reviewer", "id"],
        unique=False,
    )
    op.create_table(
        "evaluation_looks",
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["evaluation_sets.id"], name=op.f("fk_evaluation_looks_set_id_evaluation_sets")
        ),
        sa.PrimaryKeyConstraint("set_id", "reviewer", name=op.f("pk_evaluation_looks")),
    )
