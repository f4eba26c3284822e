"""One note, whose text comes from the configuration, with a hook that also runs in preview."""

import sys

import pulumi
from notes import Note

config = pulumi.Config()
text = config.require("text")
if text == "exit":
    sys.exit(3)
if text == "raise":
    raise RuntimeError("no note today")


def tell(arguments: pulumi.ResourceHookArgs) -> None:
    pulumi.log.info(f"hook saw {arguments.new_inputs['calls'][0]}")


hook = pulumi.ResourceHook("tell", tell, pulumi.ResourceHookOptions(on_dry_run=True))
hooks = pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
note = Note("note", text, pulumi.ResourceOptions(hooks=hooks))
pulumi.export("text", note.text)
pulumi.export("token", config.get_secret("token"))
