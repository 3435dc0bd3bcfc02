"""Records one run of W&B offline in the working folder, with artifacts of all kinds."""

import os

import wandb

run = wandb.init(project="late", mode="offline", name="first", config={"lr": 0.1, "long": "x" * 9000})
for step in range(3):
    run.log({"loss": 1 / (step + 1), "acc@1": step})
os.makedirs("model/sub", exist_ok=True)
with open("model/weights.bin", "wb") as file:
    file.write(b"weights" * 1000)
with open("model/sub/config.json", "w") as file:
    file.write("{}")
artifact = wandb.Artifact("forest", type="model", metadata={"trees": 3})
artifact.add_dir("model")
with artifact.new_file("made.txt") as file:
    file.write("made")
artifact.add_reference("https://example.com/far.bin", checksum=False)
run.log_artifact(artifact)
run.log_artifact("model/weights.bin", name="single", type="dataset")
run.finish()
