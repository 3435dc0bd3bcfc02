"""Drives a tracking server with the real MLflow client. Any difference from what a user expects is an AssertionError.

Needs MLFLOW_TRACKING_URI and RONDO_TOKEN, a server that may call webhooks on 127.0.0.1, and the packages mlflow, scikit-learn and lightgbm. Prints one line per part and `ok` at the end.
"""

import base64
import hashlib
import hmac
import json
import math
import os
import tempfile
import threading
import time
import uuid
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lightgbm
import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, Feedback, Metric, Param, RunTag, SpanEvent, ViewType
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

MARK = uuid.uuid4().hex[:8]
client = MlflowClient()


def refused(code, call, *args, **kwargs):
    """The call must fail with this error code; returns the message."""
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code}: {error.message}"
        return error.message
    raise AssertionError(f"{call} should have been refused with {code}")


def experiments():
    name = f"exp-{MARK}"
    made = client.create_experiment(name, tags={"team": "blue"})
    assert mlflow.set_experiment(name).experiment_id == made
    assert client.get_experiment(made).tags == {"team": "blue"}
    assert client.get_experiment("0").name == "Default"
    assert client.get_experiment_by_name("no such experiment") is None
    refused("RESOURCE_ALREADY_EXISTS", client.create_experiment, name)
    client.set_experiment_tag(made, "tier", "gold")
    client.rename_experiment(made, name + "-b")
    assert client.get_experiment(made).name == name + "-b"
    found = client.search_experiments(filter_string=f"name LIKE 'exp-{MARK}%' AND tags.tier = 'gold'")
    assert [e.experiment_id for e in found] == [made]
    client.delete_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "deleted"
    gone = client.search_experiments(view_type=ViewType.DELETED_ONLY, filter_string=f"name LIKE '%{MARK}%'")
    assert [e.experiment_id for e in gone] == [made]
    client.restore_experiment(made)
    client.rename_experiment(made, name)
    for number in range(5):
        client.create_experiment(f"page-{MARK}-{number}")
    token, seen = None, []
    while True:
        page = client.search_experiments(
            max_results=2, filter_string=f"name LIKE 'page-{MARK}-%'", order_by=["name ASC"], page_token=token
        )
        seen += [e.name for e in page]
        token = page.token
        if not token:
            break
    assert seen == [f"page-{MARK}-{number}" for number in range(5)], seen
    mlflow.set_experiment(name)
    return made


def runs(experiment):
    with mlflow.start_run(run_name="first", tags={"kind": "plain"}, description="about it") as active:
        run_id = active.info.run_id
        assert len(run_id) == 32
        mlflow.log_param("depth", 3)
        mlflow.log_param("depth", 3)
        refused("INVALID_PARAMETER_VALUE", client.log_param, run_id, "depth", "4")
        mlflow.log_params({"lr": 0.1, "model": "tree"})
        for step in range(10):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.91, "a/b c": 2.0, "x:y": 1})
        mlflow.log_metric("nan", float("nan"))
        mlflow.log_metric("inf", float("inf"))
        mlflow.log_metric("exact", 0.1 + 0.2)
        mlflow.set_tag("release", "r1")
        mlflow.set_tag("gone", "x")
        client.delete_tag(run_id, "gone")
        with mlflow.start_run(nested=True, run_name="child") as child:
            mlflow.log_metric("loss", 5)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED" and run.info.end_time >= run.info.start_time
    assert run.info.run_name == "first" and run.data.tags["mlflow.runName"] == "first"
    assert run.data.params == {"depth": "3", "lr": "0.1", "model": "tree"}
    assert run.data.metrics["loss"] == 0.1 and run.data.metrics["exact"] == 0.1 + 0.2
    assert math.isnan(run.data.metrics["nan"]) and run.data.metrics["inf"] == 1.7976931348623157e308
    assert run.data.tags["kind"] == "plain" and "gone" not in run.data.tags
    assert run.data.tags["mlflow.note.content"] == "about it"
    history = client.get_metric_history(run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(s, 1.0 / (s + 1)) for s in range(10)]
    assert client.get_metric_history(run_id, "never") == []
    assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run_id
    client.update_run(run_id, status="FAILED", name="renamed")
    assert client.get_run(run_id).data.tags["mlflow.runName"] == "renamed"
    client.set_tag(run_id, "mlflow.runName", "back")
    assert client.get_run(run_id).info.run_name == "back"
    refused("RESOURCE_DOES_NOT_EXIST", client.get_run, "0" * 32)
    refused("INVALID_PARAMETER_VALUE", client.log_metric, run_id, "a/../b", 1)
    client.log_param(run_id, "long", "x" * 6001)
    assert client.get_run(run_id).data.params["long"] == "x" * 6000

    with mlflow.start_run(run_id=run_id):
        mlflow.log_metric("resumed", 1)
    client.delete_run(run_id)
    message = refused("INVALID_PARAMETER_VALUE", client.log_metric, run_id, "late", 1)
    assert "must be in the 'active' state" in message, message
    assert run_id not in [r.info.run_id for r in client.search_runs([experiment])]
    client.restore_run(run_id)

    batch = client.create_run(experiment).info.run_id
    now = int(time.time() * 1000)
    client.log_batch(
        batch,
        metrics=[Metric("m", i / 7, now + i, i) for i in range(1000)],
    )
    client.log_batch(
        batch,
        metrics=[Metric("m", 1e300, now + 5000, 2000), Metric("m", -1.5, now + 5000, -3)],
        params=[Param(f"p{i}", str(i)) for i in range(50)],
        tags=[RunTag(f"t{i}", str(i)) for i in range(50)],
    )
    run = client.get_run(batch)
    assert run.data.metrics == {"m": 1e300} and len(run.data.params) == 50
    assert len(client.get_metric_history(batch, "m")) == 1002
    client.set_terminated(batch)
    with mlflow.start_run():
        for i in range(20):
            mlflow.log_metric("async", i, step=i, synchronous=False)
        mlflow.flush_async_logging()
        assert len(client.get_metric_history(mlflow.active_run().info.run_id, "async")) == 20


def search():
    experiment = client.create_experiment(f"search-{MARK}")
    for i in range(25):
        run = client.create_run(experiment, start_time=1000 + i, tags={"half": "low" if i < 12 else "high"})
        client.log_param(run.info.run_id, "i", str(i))
        if i != 7:
            client.log_metric(run.info.run_id, "score", float("nan") if i == 3 else i / 10)
        client.set_terminated(run.info.run_id, "FAILED" if i % 5 == 0 else "FINISHED")

    def found(filter_string="", **more):
        return [int(r.data.params["i"]) for r in client.search_runs([experiment], filter_string, **more)]

    assert found() == list(range(24, -1, -1))
    assert found("metrics.score > 2.1") == [24, 23, 22]
    assert found("metrics.score <= 0.5 and tags.half = 'low'") == [5, 4, 2, 1, 0]
    assert found("params.i IN ('4', '9')", order_by=["params.i"]) == [4, 9]
    assert found("attributes.status = 'FAILED'") == [20, 15, 10, 5, 0]
    assert found("tags.half LIKE 'h%' and params.i ILIKE '2_'") == [24, 23, 22, 21, 20]
    assert found("attribute.start_time < 1003") == [2, 1, 0]
    best = found(order_by=["metrics.score DESC"])
    assert best[:3] == [24, 23, 22] and best[-2:] == [3, 7], best
    worst = found(order_by=["metrics.score ASC"])
    assert worst[:3] == [0, 1, 2] and worst[-2:] == [3, 7], worst
    for order in (["metrics.score DESC"], ["params.i ASC"], [], ["attribute.end_time DESC", "metrics.score"]):
        token, seen = None, []
        while True:
            page = client.search_runs([experiment], max_results=4, order_by=order, page_token=token)
            seen += [int(r.data.params["i"]) for r in page]
            token = page.token
            if not token:
                break
        assert sorted(seen) == list(range(25)) and seen == found(order_by=order), (order, seen)
    frame = mlflow.search_runs([experiment], filter_string="metrics.score > 2", max_results=100)
    assert len(frame) == 4 and frame["metrics.score"].max() == 2.4
    refused("INVALID_PARAMETER_VALUE", client.search_runs, [experiment], "metrics.score >> 1")
    assert found("metrics.score > 2.3 OR params.i = '0'") == [24, 0], "Rondo reads more than MLflow's grammar"
    assert found("metrics.score IS NULL") == [7]


def artifacts():
    with mlflow.start_run() as active, tempfile.TemporaryDirectory() as folder:
        run_id = active.info.run_id
        assert active.info.artifact_uri.startswith("mlflow-artifacts:/")
        os.makedirs(os.path.join(folder, "deep", "er"))
        for path, text in {"a.txt": "alpha", "deep/b.json": '{"b": 1}', "deep/er/ü ñ.csv": "x\n1\n"}.items():
            with open(os.path.join(folder, path), "w", encoding="utf8") as file:
                file.write(text)
        mlflow.log_artifact(os.path.join(folder, "a.txt"))
        mlflow.log_artifacts(folder, artifact_path="all")
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_dict({"k": [1, 2]}, "notes/data.json")
        big = os.urandom(5_000_000)
        with open(os.path.join(folder, "big.bin"), "wb") as file:
            file.write(big)
        mlflow.log_artifact(os.path.join(folder, "big.bin"))
        mlflow.log_text("", "empty.txt")
        top = {(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id)}
        assert top == {
            ("a.txt", False, 5),
            ("all", True, None),
            ("big.bin", False, len(big)),
            ("empty.txt", False, 0),
            ("notes", True, None),
        }, top
        assert [f.path for f in client.list_artifacts(run_id, "all/deep")] == ["all/deep/b.json", "all/deep/er"]
        local = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="", dst_path=tempfile.mkdtemp())
        with open(os.path.join(local, "all", "deep", "er", "ü ñ.csv"), encoding="utf8") as file:
            assert file.read() == "x\n1\n"
        with open(os.path.join(local, "big.bin"), "rb") as file:
            assert file.read() == big
        assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt") == "hello"
        mlflow.log_text("second", "notes/hello.txt")
        assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt") == "second"


def autolog():
    mlflow.sklearn.autolog()
    data, target = load_iris(return_X_y=True, as_frame=True)
    x, x_test, y, y_test = train_test_split(data, target, random_state=1)
    with mlflow.start_run() as active:
        model = LogisticRegression(max_iter=300).fit(x, y)
        model.score(x_test, y_test)
    mlflow.sklearn.autolog(disable=True)
    run = client.get_run(active.info.run_id)
    assert run.data.params["max_iter"] == "300" and run.data.metrics["training_accuracy_score"] > 0.9
    assert run.data.metrics["LogisticRegression_score_x_test"] > 0.8, run.data.metrics
    assert run.inputs.dataset_inputs[0].dataset.name == "dataset"
    assert len(run.outputs.model_outputs) == 1
    logged = mlflow.get_logged_model(run.outputs.model_outputs[0].model_id)
    assert str(logged.status) == "READY" and logged.source_run_id == run.info.run_id
    loaded = mlflow.sklearn.load_model(logged.model_uri)
    assert (loaded.predict(x_test) == model.predict(x_test)).all()
    names = [f.path for f in client.list_artifacts(run.info.run_id)]
    assert "estimator.html" in names, names
    with mlflow.start_run():
        dataset = mlflow.data.from_pandas(pd.DataFrame({"a": [1, 2]}), name="tiny", source="https://data/x.csv")
        mlflow.log_input(dataset, context="training")
        assert mlflow.get_run(mlflow.active_run().info.run_id).inputs.dataset_inputs[0].dataset.name == "tiny"


def boosting():
    """A library whose autologging logs a metric for each iteration, and files and a model of its own kind."""
    mlflow.lightgbm.autolog()
    data, target = load_iris(return_X_y=True, as_frame=True)
    x, x_test, y, y_test = train_test_split(data, target, random_state=1)
    params = {"objective": "multiclass", "num_class": 3, "num_leaves": 7, "verbosity": -1, "num_threads": 1}
    with mlflow.start_run() as active:
        train, held = lightgbm.Dataset(x, label=y), lightgbm.Dataset(x_test, label=y_test)
        lightgbm.train(params, train, num_boost_round=20, valid_sets=[held], valid_names=["held"])
    mlflow.lightgbm.autolog(disable=True)
    run = client.get_run(active.info.run_id)
    assert run.data.params["num_leaves"] == "7" and run.data.params["num_boost_round"] == "20", run.data.params
    losses = sorted(client.get_metric_history(run.info.run_id, "held-multi_logloss"), key=lambda point: point.step)
    assert [point.step for point in losses] == list(range(20)) and losses[-1].value < losses[0].value, losses
    assert run.data.metrics["held-multi_logloss"] == losses[-1].value
    assert any("feature_importance" in file.path for file in client.list_artifacts(run.info.run_id))
    assert len(run.outputs.model_outputs) == 1
    scored = mlflow.pyfunc.load_model(f"models:/{run.outputs.model_outputs[0].model_id}").predict(x_test)
    assert (np.argmax(scored, axis=1) == y_test.to_numpy()).mean() > 0.8


def registry():
    name = f"iris-{MARK}"
    data, target = load_iris(return_X_y=True, as_frame=True)
    models = []
    for c in (0.1, 1.0):
        with mlflow.start_run():
            model = LogisticRegression(C=c, max_iter=300).fit(data, target)
            info = mlflow.sklearn.log_model(
                model,
                name="model",
                signature=infer_signature(data, model.predict(data)),
                input_example=data.head(2),
                registered_model_name=name if c == 0.1 else None,
                params={"C": c},
            )
            mlflow.log_metric("accuracy", model.score(data, target), model_id=info.model_id)
            models.append((model, info))
    second = mlflow.register_model(models[1][1].model_uri, name, tags={"by": "hand"})
    assert second.version == "2" and second.status == "READY"
    version = client.get_model_version(name, "2")
    assert version.run_id == models[1][1].run_id and version.tags == {"by": "hand"}
    assert version.source == f"models:/{models[1][1].model_id}"

    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "challenger", "2")
    assert client.get_model_version_by_alias(name, "champion").version == "1"
    for alias, (model, _) in zip(("champion", "challenger"), models):
        loaded = mlflow.pyfunc.load_model(f"models:/{name}@{alias}")
        assert (loaded.predict(data) == model.predict(data)).all()
        probabilities = mlflow.sklearn.load_model(f"models:/{name}@{alias}").predict_proba(data)
        assert np.array_equal(probabilities, model.predict_proba(data)), "the loaded model is another one"
    client.set_registered_model_alias(name, "champion", "2")
    assert client.get_registered_model(name).aliases == {"champion": "2", "challenger": "2"}
    client.delete_registered_model_alias(name, "challenger")
    refused("INVALID_PARAMETER_VALUE", client.get_model_version_by_alias, name, "challenger")
    refused("INVALID_PARAMETER_VALUE", client.set_registered_model_alias, name, "latest", "1")

    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    assert client.get_model_version(name, "1").current_stage == "Archived"
    assert [v.version for v in client.get_latest_versions(name, ["Production"])] == ["2"]
    assert (mlflow.pyfunc.load_model(f"models:/{name}/Production").predict(data) == models[1][0].predict(data)).all()

    client.update_registered_model(name, "flowers")
    client.update_model_version(name, "1", "the first")
    client.set_registered_model_tag(name, "team", "blue")
    client.set_model_version_tag(name, "1", "quality", "low")
    assert client.get_registered_model(name).description == "flowers"
    assert client.get_model_version(name, "1").tags["quality"] == "low"
    client.delete_model_version_tag(name, "1", "quality")
    client.delete_registered_model_tag(name, "team")
    assert [m.name for m in client.search_registered_models(f"name = '{name}'")] == [name]
    assert [v.version for v in client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])] == [
        "1",
        "2",
    ]
    assert [v.version for v in client.search_model_versions(f"run_id = '{models[1][1].run_id}'")] == ["2"]
    third = client.create_model_version(name, f"runs:/{models[0][1].run_id}/model", models[0][1].run_id)
    assert (mlflow.pyfunc.load_model(f"models:/{name}/3").predict(data) == models[0][0].predict(data)).all(), third
    copied = client.copy_model_version(f"models:/{name}/2", f"copy-{MARK}")
    assert copied.version == "1"
    assert (mlflow.pyfunc.load_model(f"models:/copy-{MARK}/1").predict(data) == models[1][0].predict(data)).all()

    refused("INVALID_PARAMETER_VALUE", client.create_model_version, name, "file:///etc")
    refused("RESOURCE_ALREADY_EXISTS", client.create_registered_model, name)
    client.rename_registered_model(name, name + "-renamed")
    assert client.get_model_version(name + "-renamed", "2").current_stage == "Production"
    client.delete_model_version(name + "-renamed", "1")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, name + "-renamed", "1")
    client.delete_registered_model(f"copy-{MARK}")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, f"copy-{MARK}")

    experiment = client.get_run(models[0][1].run_id).info.experiment_id
    found = mlflow.search_logged_models(
        [experiment],
        filter_string="params.C = '1.0' AND metrics.accuracy > 0.5",
        order_by=[{"field_name": "metrics.accuracy", "ascending": False}],
        output_format="list",
    )
    assert [m.model_id for m in found] == [models[1][1].model_id]
    assert found[0].metrics[0].key == "accuracy"
    mlflow.set_logged_model_tags(models[0][1].model_id, {"note": "x"})
    assert mlflow.get_logged_model(models[0][1].model_id).tags["note"] == "x"
    mlflow.delete_logged_model_tag(models[0][1].model_id, "note")
    client.delete_logged_model(models[0][1].model_id)
    refused("RESOURCE_DOES_NOT_EXIST", client.get_logged_model, models[0][1].model_id)


def prompts():
    name, chat = f"greet-{MARK}", f"chat-{MARK}"
    genai = mlflow.genai
    first = genai.register_prompt(name=name, template="Hi {{who}}", commit_message="first", tags={"tone": "warm"})
    second = genai.register_prompt(name=name, template="Hello {{who}}", commit_message="second")
    assert (first.version, second.version) == (1, 2)
    genai.register_prompt(name=chat, template=[{"role": "user", "content": "{{q}}"}], model_config={"model_name": "m"})
    assert genai.load_prompt(name, version=1).format(who="Ann") == "Hi Ann"
    assert genai.load_prompt(f"prompts:/{name}@latest").version == 2 == genai.load_prompt(name).version
    assert genai.load_prompt(chat).template == [{"role": "user", "content": "{{q}}"}]
    assert genai.load_prompt(name, version=9, allow_missing=True) is None
    genai.set_prompt_alias(name, "live", 1)
    assert genai.load_prompt(f"prompts:/{name}@live").template == "Hi {{who}}"
    assert [p.name for p in genai.search_prompts(f"name LIKE '%-{MARK}'")] == [chat, name]
    page = genai.search_prompts(f"name LIKE '%-{MARK}'", max_results=1)
    assert [p.name for p in page] == [chat]
    assert [v.version for v in client.search_prompt_versions(name)] == [2, 1]
    assert client.search_registered_models(f"name LIKE '%{name}'") == []
    assert client.search_model_versions(f"name = '{name}'") == []
    genai.set_prompt_tag(name, "owner", "us")
    assert genai.get_prompt_tags(name)["owner"] == "us"
    genai.delete_prompt_tag(name, "owner")
    genai.set_prompt_version_tag(name, 1, "score", "9")
    assert genai.load_prompt(name, version=1, cache_ttl_seconds=0).tags == {"tone": "warm", "score": "9"}
    genai.delete_prompt_version_tag(name, 1, "score")
    genai.set_prompt_model_config(name, 1, {"model_name": "z"})
    assert genai.load_prompt(name, version=1, cache_ttl_seconds=0).model_config["model_name"] == "z"
    genai.delete_prompt_model_config(name, 1)
    with mlflow.start_run() as run:
        client.link_prompt_version_to_run(run.info.run_id, f"prompts:/{name}/2")
    linked = client.get_run(run.info.run_id).data.tags["mlflow.linkedPrompts"]
    assert json.loads(linked) == [{"name": name, "version": "2"}], linked
    model = mlflow.initialize_logged_model("with-prompt")
    client.link_prompt_version_to_model(name, "1", model.model_id)
    assert name in client.get_logged_model(model.model_id).tags["mlflow.linkedPrompts"]
    taken = refused("RESOURCE_ALREADY_EXISTS", client.create_registered_model, name)
    assert "already taken by a prompt" in taken, taken
    genai.delete_prompt_alias(name, "live")
    client.delete_prompt_version(name, "1")
    assert genai.load_prompt(name, version=1, allow_missing=True, cache_ttl_seconds=0) is None
    client.delete_prompt_version(name, "2")
    client.delete_prompt(name)
    assert client.get_prompt(name) is None


@contextmanager
def signed_in():
    """As the holder of the start token: what is about webhooks and workspaces asks for one."""
    os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["RONDO_TOKEN"]
    try:
        yield
    finally:
        del os.environ["MLFLOW_TRACKING_TOKEN"]


def webhooks():
    heard, answers = [], []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((dict(self.headers), body.decode()))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()
            self.wfile.write(b"heard")

        def log_message(self, *_):
            pass

    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_port}/in"
    secret = "between-us"
    refused("UNAUTHENTICATED", client.list_webhooks)
    with signed_in():
        refused("INVALID_PARAMETER_VALUE", client.create_webhook, "hook", "https://10.0.0.1", ["prompt.created"])
        events = ["registered_model.created", "model_version.created", "model_version_tag.set", "prompt.created"]
        events += ["model_version_alias.created", "prompt_version.created"]
        hook = client.create_webhook(f"hook-{MARK}", url, events, description="ours", secret=secret)
        assert hook.status == "ACTIVE" and hook.description == "ours" and hook.secret is None
        assert sorted(map(str, hook.events)) == sorted(events)
        assert client.get_webhook(hook.webhook_id).name == f"hook-{MARK}"
        client.create_webhook("other", url, ["prompt_tag.deleted"], status="DISABLED")
        page = client.list_webhooks(max_results=1)
        assert [w.name for w in page] == ["other"]
        assert [w.name for w in client.list_webhooks(max_results=1, page_token=page.token)] == [hook.name]
        tested = client.test_webhook(hook.webhook_id, "prompt.created")
        assert tested.success and tested.response_status == 200 and tested.response_body == "heard", tested
        answers.append(500)
        assert not client.test_webhook(hook.webhook_id).success
        del heard[:]

    def told(count):
        until = time.time() + 60
        while len(heard) < count and time.time() < until:
            time.sleep(0.05)
        assert len(heard) == count, heard
        found = {}
        for headers, body in heard:
            stamp = headers["X-MLflow-Timestamp"]
            signed = f"{headers['X-MLflow-Delivery-Id']}.{stamp}.{body}".encode()
            digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
            assert headers["X-MLflow-Signature"] == "v1," + base64.b64encode(digest).decode()
            message = json.loads(body)
            datetime.fromisoformat(message["timestamp"])
            found[f"{message['entity']}.{message['action']}"] = message["data"]
        del heard[:]
        return found

    model, prompt = f"heard-{MARK}", f"said-{MARK}"
    answers.append(503)  # one is tried again
    client.create_registered_model(model, tags={"a": "b"}, description="about")
    client.create_model_version(model, "s3://bucket/model")
    client.set_model_version_tag(model, "1", "k", "v")
    client.set_registered_model_alias(model, "best", "1")
    found = told(5)
    assert found["registered_model.created"] == {"name": model, "tags": {"a": "b"}, "description": "about"}
    made = found["model_version.created"]
    assert made["source"] == "s3://bucket/model" and made["version"] == "1" and made["run_id"] is None, made
    assert found["model_version_tag.set"] == {"name": model, "version": "1", "key": "k", "value": "v"}
    assert found["model_version_alias.created"] == {"name": model, "alias": "best", "version": "1"}
    mlflow.genai.register_prompt(name=prompt, template="Hi {{x}}", tags={"tone": "warm"})
    found = told(2)
    assert found["prompt.created"]["name"] == prompt
    assert found["prompt_version.created"]["template"] == "Hi {{x}}"
    with signed_in():
        changed = client.update_webhook(hook.webhook_id, status="DISABLED", description="quiet")
        assert changed.status == "DISABLED" and changed.description == "quiet"
        for each in client.list_webhooks():
            client.delete_webhook(each.webhook_id)
        refused("RESOURCE_DOES_NOT_EXIST", client.get_webhook, hook.webhook_id)
    receiver.shutdown()


def workspaces():
    name = f"team-{MARK}"
    with signed_in():
        made = mlflow.create_workspace(name, description="ours")
        assert (made.name, made.description) == (name, "ours")
        refused("RESOURCE_ALREADY_EXISTS", mlflow.create_workspace, name)
        refused("INVALID_PARAMETER_VALUE", mlflow.create_workspace, "A")
        refused("INVALID_PARAMETER_VALUE", mlflow.create_workspace, "api")
        assert {w.name for w in mlflow.list_workspaces()} >= {"default", name}
        assert mlflow.get_workspace(name).description == "ours"
        assert mlflow.update_workspace(name, description="theirs").description == "theirs"
        refused("RESOURCE_DOES_NOT_EXIST", mlflow.get_workspace, "no-such-team")
        mlflow.set_workspace(name)
        try:
            there = client.create_experiment("only-there")
            assert client.get_experiment(there).workspace == name
            assert client.get_experiment_by_name("only-there").experiment_id == there
            with mlflow.start_run(experiment_id=there) as run:
                mlflow.log_metric("m", 1)
            client.create_registered_model("only-there")
            assert client.get_run(run.info.run_id).data.metrics == {"m": 1}
            assert [m.name for m in client.search_registered_models()] == ["only-there"]
        finally:
            mlflow.set_workspace(None)
        assert client.get_experiment_by_name("only-there") is None
        refused("RESOURCE_DOES_NOT_EXIST", client.get_run, run.info.run_id)
        refused("INVALID_STATE", mlflow.delete_workspace, name)
        refused("INVALID_PARAMETER_VALUE", mlflow.delete_workspace, "default")
        empty = f"empty-{MARK}"
        mlflow.create_workspace(empty)
        mlflow.delete_workspace(empty)
        refused("RESOURCE_DOES_NOT_EXIST", mlflow.get_workspace, empty)
        mlflow.create_workspace(empty)
def traces():
    experiment = mlflow.set_experiment(f"traced-{MARK}").experiment_id

    @mlflow.trace(span_type="CHAIN")
    def answer(question):
        mlflow.update_current_trace(
            tags={"team": "blue"},
            metadata={"mlflow.trace.user": "ada", "mlflow.trace.session": "s1"},
            request_preview=question,
        )
        return look_up(question) + "!"

    @mlflow.trace(span_type="LLM", attributes={"model": "small one"})
    def look_up(question):
        span = mlflow.get_current_active_span()
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})
        span.set_attribute("big", 2**53 + 1)
        span.add_event(SpanEvent("hello", attributes={"a": 1}))
        return question.upper()

    @mlflow.trace
    def fails():
        raise ValueError("no luck")

    with mlflow.start_run() as run:
        assert answer("why") == "WHY!"
    good = mlflow.get_last_active_trace_id()
    try:
        fails()
    except ValueError:
        pass
    bad = mlflow.get_last_active_trace_id()
    mlflow.flush_trace_async_logging()

    trace = mlflow.get_trace(good)
    assert [span.name for span in trace.data.spans] == ["answer", "look_up"]
    root, inner = trace.data.spans
    assert root.inputs == {"question": "why"} and root.outputs == "WHY!" and root.parent_id is None
    assert inner.parent_id == root.span_id and inner.span_type == "LLM"
    assert inner.get_attribute("big") == 2**53 + 1 and inner.get_attribute("model") == "small one"
    assert inner.events[0].name == "hello" and inner.events[0].attributes == {"a": 1}
    assert root.start_time_ns <= inner.start_time_ns <= inner.end_time_ns <= root.end_time_ns
    assert trace.info.state == "OK" and trace.info.token_usage["total_tokens"] == 7
    assert trace.info.tags["team"] == "blue" and trace.info.tags["mlflow.traceName"] == "answer"
    assert trace.info.request_preview == "why" and trace.info.response_preview == '"WHY!"'
    assert trace.info.trace_metadata["mlflow.trace.user"] == "ada"
    failed = mlflow.get_trace(bad)
    assert failed.info.state == "ERROR" and failed.data.spans[0].events[0].name == "exception"
    assert mlflow.get_trace("tr-" + "0" * 32) is None

    def found(filter_string=None, **more):
        more = {"locations": [experiment], "return_type": "list", **more}
        return [each.info.trace_id for each in mlflow.search_traces(filter_string=filter_string, **more)]

    feedback = mlflow.log_feedback(
        trace_id=good, name="helpful", value=True, source=AssessmentSource("HUMAN", "ada"), rationale="short"
    )
    score = mlflow.log_feedback(trace_id=good, name="score", value=0.4)
    expected = mlflow.log_expectation(trace_id=good, name="facts", value={"is": ["x", 1]}, span_id=inner.span_id)
    assert found() == [bad, good] and found(max_results=1) == [bad]
    for filter_string, ids in {
        "trace.status = 'ERROR'": [bad],
        "tags.team = 'blue'": [good],
        "metadata.`mlflow.trace.session` = 's1'": [good],
        "trace.name = 'fails'": [bad],
        "span.name = 'look_up'": [good],
        "span.type = 'LLM' AND span.name = 'answer'": [],
        "span.attributes.model LIKE '%small%'": [good],
        "trace.text ILIKE '%NO LUCK%'": [bad],
        f"run_id = '{run.info.run_id}'": [good],
        f"timestamp_ms > {trace.info.request_time}": [bad],
        f"timestamp_ms <= {trace.info.request_time}": [good],
        "feedback.helpful = 'true'": [good],
        "feedback.score < 0.5": [good],
        "feedback.score > 0.5": [],
        "expectation.facts IS NOT NULL": [good],
    }.items():
        assert found(filter_string) == ids, (filter_string, found(filter_string))
    both = found("span.name = 'look_up' OR trace.status = 'ERROR'")
    assert both == [bad, good], "Rondo reads more than MLflow's grammar"
    assert found(order_by=["timestamp_ms ASC"]) == [good, bad]
    refused("INVALID_PARAMETER_VALUE", found, "span.nothing = 'x'")
    frame = mlflow.search_traces(locations=[experiment])
    assert len(frame) == 2 and set(frame["trace_id"]) == {good, bad}

    mlflow.set_trace_tag(bad, "why", "luck")
    assert found("tags.why = 'luck'") == [bad]
    mlflow.delete_trace_tag(bad, "why")
    assert found("tags.why IS NOT NULL") == []
    mlflow.update_assessment(good, feedback.assessment_id, Feedback(name="helpful", value=False))
    assert mlflow.get_assessment(good, feedback.assessment_id).value is False
    better = mlflow.override_feedback(trace_id=good, assessment_id=score.assessment_id, value=0.9)
    assert found("feedback.score > 0.5") == [good] and found("feedback.score < 0.5") == []
    assert mlflow.get_assessment(good, score.assessment_id).valid is False
    mlflow.delete_assessment(good, better.assessment_id)
    assert mlflow.get_assessment(good, score.assessment_id).valid is True
    assert mlflow.get_assessment(good, expected.assessment_id).value == {"is": ["x", 1]}
    names = sorted(each.name for each in mlflow.get_trace(good).info.assessments)
    assert names == ["facts", "helpful", "score"], names
    client.link_traces_to_run([bad], run.info.run_id)
    assert found(f"run_id = '{run.info.run_id}'") == [bad, good]

    assert client.delete_traces(experiment, trace_ids=[good, "nope"]) == 1
    assert found() == [bad]
    assert client.delete_traces(experiment, max_timestamp_millis=int(time.time() * 1000), max_traces=10) == 1
    assert found() == []


def main():
    started = time.time()
    experiment = experiments()
    for part, arguments in (
        (runs, (experiment,)),
        (search, ()),
        (artifacts, ()),
        (autolog, ()),
        (boosting, ()),
        (registry, ()),
        (prompts, ()),
        (webhooks, ()),
        (workspaces, ()),
        (traces, ()),
    ):
        part(*arguments)
        print(f"{part.__name__}: {time.time() - started:.1f} s", flush=True)
    print("ok")


main()
