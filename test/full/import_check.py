"""Compares what the real MLflow client reads from two stores: IMPORT_FROM, and MLFLOW_TRACKING_URI which it was imported into."""

import hashlib
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlparse

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

names = json.loads(sys.argv[1])
source_uri, target_uri = os.environ["IMPORT_FROM"], os.environ["MLFLOW_TRACKING_URI"]
source = MlflowClient(source_uri, source_uri)
target = MlflowClient(target_uri, target_uri)
TWO = mlflow.__version__.startswith("2.")
checked = 0


def same(what, a, b):
    global checked
    checked += 1
    assert a == b, f"{what}: {a!r} at the source, {b!r} here"


def points(client, run_id, key):
    # A store of files may hold the same point twice.
    return sorted(
        {(m.step, m.timestamp, "nan" if math.isnan(m.value) else min(max(m.value, -sys.float_info.max), sys.float_info.max)) for m in client.get_metric_history(run_id, key)},
        key=str,
    )


def files(client, uri, artifact_path=None, **of):
    mlflow.set_tracking_uri(uri)
    with tempfile.TemporaryDirectory() as folder:
        try:
            root = Path(mlflow.artifacts.download_artifacts(dst_path=folder, **of))
        except Exception:
            return {}
        return {
            str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


def all_runs(client, experiment_id):
    found, token = [], None
    while True:
        page = client.search_runs([experiment_id], run_view_type=ViewType.ALL, max_results=500, page_token=token)
        found += page
        token = page.token
        if not token:
            return {run.info.run_id: run for run in found}


a = {e.name: e for e in source.search_experiments(view_type=ViewType.ALL)}
b = {e.name: e for e in target.search_experiments(view_type=ViewType.ALL)}
same("experiments", sorted(a), sorted(b))
for name, experiment in a.items():
    if name != "Default":
        same(f"stage of {name}", experiment.lifecycle_stage, b[name].lifecycle_stage)
        same(f"time of {name}", experiment.creation_time, b[name].creation_time)
        same(f"tags of {name}", experiment.tags, b[name].tags)

theirs = all_runs(source, names["experiment"])
ours = all_runs(target, b["team/wine"].experiment_id)
same("runs", sorted(theirs), sorted(ours))
for run_id, run in theirs.items():
    here = ours[run_id]
    for field in ("run_name", "user_id", "status", "start_time", "end_time", "lifecycle_stage"):
        same(f"{field} of {run_id}", getattr(run.info, field), getattr(here.info, field))
    same(f"params of {run_id}", run.data.params, here.data.params)
    same(f"tags of {run_id}", run.data.tags, here.data.tags)
    same(f"metrics of {run_id}", sorted(run.data.metrics), sorted(here.data.metrics))
    for key in run.data.metrics:
        same(f"{key} of {run_id}", points(source, run_id, key), points(target, run_id, key))
    same(
        f"datasets of {run_id}",
        [(d.dataset.name, d.dataset.digest, d.dataset.source, [(t.key, t.value) for t in d.tags]) for d in run.inputs.dataset_inputs],
        [(d.dataset.name, d.dataset.digest, d.dataset.source, [(t.key, t.value) for t in d.tags]) for d in here.inputs.dataset_inputs],
    )
    # The store of files mixes up run and model in its own outputs.
    if not TWO and source_uri.startswith(("sqlite", "http", "postgresql")):
        same(
            f"outputs of {run_id}",
            [(m.model_id, m.step) for m in run.outputs.model_outputs],
            [(m.model_id, m.step) for m in here.outputs.model_outputs],
        )
assert len(points(target, names["long"], "acc")) == int(os.environ["IMPORT_POINTS"])
assert ours[names["gone"]].info.lifecycle_stage == "deleted"

for run_id in (names["parent"],):
    there = files(source, source_uri, artifact_uri=f"runs:/{run_id}/")
    assert "notes/hello.txt" in there, there
    same("files of a run", there, files(target, target_uri, artifact_uri=f"runs:/{run_id}/"))

if names["model"]:
    model, here = source.get_logged_model(names["model"]), target.get_logged_model(names["model"])
    same("model", (model.name, model.creation_timestamp, model.source_run_id, model.params), (here.name, here.creation_timestamp, here.source_run_id, here.params))
    same("model tags", model.tags, here.tags)
    same("model metrics", [(m.key, m.value, m.step) for m in model.metrics or []], [(m.key, m.value, m.step) for m in here.metrics or []])
    there = files(source, source_uri, artifact_uri=f"models:/{names['model']}")
    assert "MLmodel" in there, there
    same("files of a model", there, files(target, target_uri, artifact_uri=f"models:/{names['model']}"))

for client in (source, target):
    versions = sorted(int(v.version) for v in client.search_model_versions("name='wine'"))
    assert versions == [1, 3], versions
wine, got = source.get_registered_model("wine"), target.get_registered_model("wine")
same("registered model", (wine.description, wine.tags, wine.creation_timestamp), (got.description, got.tags, got.creation_timestamp))
same("aliases", {k: int(v) for k, v in wine.aliases.items()}, {k: int(v) for k, v in got.aliases.items()})
third, here = source.get_model_version("wine", "3"), target.get_model_version("wine", "3")
for field in ("description", "tags", "run_id", "creation_timestamp", "last_updated_timestamp", "current_stage", "source"):
    same(f"{field} of wine 3", getattr(third, field) or "", getattr(here, field) or "")

mlflow.set_tracking_uri(target_uri)
mlflow.set_registry_uri(target_uri)
frame = pd.DataFrame({"a": [10.0]})
for uri in ("models:/wine@champion", "models:/wine/3", f"models:/{names['model']}" if names["model"] else f"runs:/{names['parent']}/model"):
    predicted = mlflow.pyfunc.load_model(uri).predict(frame)
    assert abs(float(predicted[0]) - 20.0) < 1e-6, (uri, predicted)
    checked += 1
prompts = mlflow if TWO else mlflow.genai
assert prompts.load_prompt("prompts:/greeting/1").template == "Hello {{name}}"
assert prompts.load_prompt("prompts:/greeting@live").template == "Good morning {{name}}"
new = target.create_model_version("wine", third.source, run_id=names["parent"], **({} if TWO else {"model_id": names["model"]}))
assert int(new.version) == 4, new.version

trace, here = source.get_trace(names["trace"]), target.get_trace(names["trace"])
if TWO:
    same("trace", (trace.info.status, trace.info.timestamp_ms, trace.info.execution_time_ms), (here.info.status, here.info.timestamp_ms, here.info.execution_time_ms))
else:
    same("trace", (trace.info.state, trace.info.request_preview, trace.info.request_time), (here.info.state, here.info.request_preview, here.info.request_time))
    same("trace metadata", *({k: v for k, v in t.info.trace_metadata.items() if k.startswith("mlflow.source") or k == "mlflow.user"} for t in (trace, here)))
same("trace tags", trace.info.tags.get("asked"), here.info.tags.get("asked"))
same("spans", *([(s.span_id, s.parent_id, s.name, s.start_time_ns, s.end_time_ns, s.inputs, s.outputs, s.status.status_code) for s in sorted(t.data.spans, key=lambda s: s.span_id)] for t in (trace, here)))


def attachment(uri, trace):
    mlflow.set_tracking_uri(uri)
    drawing = next(s.outputs["drawing"] for s in trace.data.spans if s.name == "inner")
    repository = get_artifact_repository(trace.info.tags["mlflow.artifactLocation"])
    return repository.download_trace_attachment(urlparse(drawing).hostname)


if not TWO:
    if not os.path.isdir(source_uri):
        same("attachment", attachment(source_uri, trace), attachment(target_uri, here))
        assert attachment(target_uri, here).startswith(b"\x89PNG")
    same("assessments", *([(x.assessment_id, x.name, x.feedback.value, x.rationale) for x in t.info.assessments] for t in (trace, here)))
print("checked", checked)
