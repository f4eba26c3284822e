"""Runs commands of Azure CLI in one process: one JSON list of arguments a line in, one JSON answer a line out."""

import io
import json
import sys

from azure.cli.core import get_default_cli

answers = sys.stdout
sys.stdout = sys.stderr
for line in sys.stdin:
    client = get_default_cli()
    try:
        code = client.invoke(json.loads(line), out_file=io.StringIO())
    except SystemExit as ended:
        code = ended.code
    result = client.result
    error = str(result.error) if result is not None and result.error else ""
    value = result.result if result is not None and code == 0 else None
    answers.write(json.dumps({"code": code, "value": value, "error": error}, default=str) + "\n")
    answers.flush()
