"""Drives a tracking server with the real MLflow client. Any difference from what a user expects is an AssertionError.

Needs MLFLOW_TRACKING_URI, and the packages mlflow and scikit-learn. Prints one line per part and `ok` at the end.
"""

import math
import os
import tempfile
import time
import uuid

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
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


def main():
    started = time.time()
    experiment = experiments()
    for part, arguments in (
        (runs, (experiment,)),
        (search, ()),
        (artifacts, ()),
        (autolog, ()),
        (registry, ()),
    ):
        part(*arguments)
        print(f"{part.__name__}: {time.time() - started:.1f} s", flush=True)
    print("ok")


main()
