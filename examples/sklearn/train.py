"""Trains a classifier, tracks it, registers it, and loads it back by its alias. Only the tracking URI names Rondo."""

import mlflow
from mlflow.models import infer_signature
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

mlflow.set_experiment("wine")
mlflow.sklearn.autolog(log_models=False)
data, target = load_wine(return_X_y=True, as_frame=True)
x_train, x_test, y_train, y_test = train_test_split(data, target, random_state=7)

with mlflow.start_run(run_name="logistic"):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(x_train, y_train)
    mlflow.log_metric("holdout_accuracy", model.score(x_test, y_test))
    signature = infer_signature(x_train, model.predict(x_train))
    logged = mlflow.sklearn.log_model(model, name="logistic", signature=signature)

version = mlflow.register_model(logged.model_uri, "wine")
mlflow.MlflowClient().set_registered_model_alias("wine", "champion", version.version)
champion = mlflow.pyfunc.load_model("models:/wine@champion")
print("accuracy of models:/wine@champion:", round(float((champion.predict(x_test) == y_test).mean()), 3))
