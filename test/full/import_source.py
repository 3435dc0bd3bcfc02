"""Fills an MLflow tracking store with one of everything that `rondo import` brings along. MLFLOW_TRACKING_URI says which store."""

import json
import os
import sys

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from sklearn.linear_model import LinearRegression

TWO = mlflow.__version__.startswith("2.")
POINTS = int(os.environ.get("IMPORT_POINTS", "25000"))
client = MlflowClient()

experiment = client.create_experiment("team/wine", tags={"team": "cellar"})
mlflow.set_experiment(experiment_id=experiment)
frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 6.0]})

with mlflow.start_run(run_name="parent", description="has a child") as parent:
    mlflow.log_params({"lr": 0.1, "unicode": "größe", "lines": "one\ntwo", "empty": ""})
    mlflow.log_input(mlflow.data.from_pandas(frame, name="wine", targets="y"), context="training")
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_artifact(__file__)
    model = mlflow.sklearn.log_model(
        LinearRegression().fit(frame[["a"]], frame["y"]),
        **{"artifact_path" if TWO else "name": "model"},
        registered_model_name="wine",
        input_example=frame[["a"]],
    )
    model_id = None if TWO else model.model_id
    mlflow.log_metric("rmse", 0.25, step=1, **({} if TWO else {"model_id": model_id}))
    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_metric("loss", float("nan"))
        mlflow.log_metric("loss", float("inf"), step=1)
        mlflow.log_metric("val/loss", -0.5, step=2)
        mlflow.log_metric("val/loss", -0.5, step=2)

# Tags that a run begins with may have any name, but in a store of files.
odd = {"what? (odd)": "1"} if "://" in mlflow.get_tracking_uri() else {}
run = client.create_run(experiment, run_name="long", start_time=1_600_000_000_000, tags=odd)
for start in range(0, POINTS, 1000):
    client.log_batch(
        run.info.run_id,
        metrics=[
            Metric("acc", float(np.sin(step)), 1_600_000_000_000 + step, step)
            for step in range(start, min(start + 1000, POINTS))
        ],
        params=[Param("depth", "3")],
        tags=[RunTag("kind", "long")],
    )
client.set_terminated(run.info.run_id, "FAILED", end_time=1_600_000_100_000)

gone = client.create_run(experiment, run_name="gone")
client.log_param(gone.info.run_id, "p", "1")
client.delete_run(gone.info.run_id)
client.create_experiment("empty")
client.delete_experiment(client.create_experiment("trashed"))

for index in range(int(os.environ.get("IMPORT_RUNS", "0"))):
    small = client.create_run(experiment, run_name=f"small-{index}")
    client.log_batch(small.info.run_id, metrics=[Metric("m", index / 3, 1000 + index, 0)], params=[Param("i", str(index))])
    client.set_terminated(small.info.run_id)

source = model.model_uri if TWO else f"models:/{model_id}"
of = {"run_id": parent.info.run_id, **({} if TWO else {"model_id": model_id})}
second = client.create_model_version("wine", source, **of)
third = client.create_model_version("wine", source, **of)
client.delete_model_version("wine", second.version)
client.set_model_version_tag("wine", third.version, "validated", "yes")
client.update_model_version("wine", third.version, "the good one")
client.set_registered_model_alias("wine", "champion", third.version)
client.set_registered_model_tag("wine", "owner", "bob")
client.update_registered_model("wine", "Predicts quality.")

prompts = mlflow if TWO else mlflow.genai
prompts.register_prompt("greeting", "Hello {{name}}", commit_message="first")
prompts.register_prompt("greeting", "Good morning {{name}}")
prompts.set_prompt_alias("greeting", "live", 2)


trace = None
try:

    @mlflow.trace(name="answer", attributes={"k": "v"})
    def answer(question):
        with mlflow.start_span("inner") as span:
            span.set_inputs({"q": question})
            if not TWO:
                span.set_outputs({"drawing": mlflow.tracing.attachments.Attachment(content_type="image/png", content_bytes=b"\x89PNG drawn")})
        return question.upper()

    answer("why")
    mlflow.flush_trace_async_logging()
    trace = mlflow.get_last_active_trace_id()
    client.set_trace_tag(trace, "asked", "yes")
    if not TWO:
        mlflow.log_feedback(trace_id=trace, name="good", value=True, rationale="short")
except Exception as error:  # a store that cannot keep traces
    print("traces:", error, file=sys.stderr)

print(
    json.dumps(
        {
            "experiment": experiment,
            "parent": parent.info.run_id,
            "child": child.info.run_id,
            "long": run.info.run_id,
            "gone": gone.info.run_id,
            "model": model_id,
            "version": int(third.version),
            "trace": trace,
        }
    )
)
