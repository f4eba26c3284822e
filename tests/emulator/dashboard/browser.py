"""Chromium without a window, spoken to over its debugging pipe: enough to use a page as a person does."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tests.processes import end

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The browser, or None where the machine has none."""

_OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--ignore-certificate-errors",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)
_PATIENCE = 20.0
_SILENCE = 60.0
_WITH_PIPES = """
import fcntl, os, sys
# The browser expects 3 and 4, and either pipe may have one of these numbers.
commands, answers = (fcntl.fcntl(int(pipe), fcntl.F_DUPFD, 10) for pipe in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Becomes the browser, in a process of its own: to run Python code in a fork of a process with threads may hang."""


class Page:
    """One page of the browser.

    Attributes:
        problems: Errors and warnings of its console, scripts that failed, and requests that a policy forbade.
    """

    def __init__(self, commands: IO[bytes], answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._heard = bytearray()
        self._numbers = itertools.count(1)
        self._session = ""
        self.problems: list[str] = []
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._send(f"{domain}.enable")

    def _send(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while True:
            answer = json.loads(self._read(method))
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._hear(answer)

    def _read(self, method: str) -> bytes:
        while b"\0" not in self._heard:
            if not select.select([self._answers], [], [], _SILENCE)[0]:
                raise TimeoutError(f"{method}: the browser has said nothing for {_SILENCE:.0f} seconds")
            heard = os.read(self._answers, 1 << 16)
            if not heard:
                raise RuntimeError(f"{method}: the browser is gone")
            self._heard += heard
        message, _, self._heard = self._heard.partition(b"\0")
        return bytes(message)

    def _hear(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description") or details["text"])
        elif event["method"] == "Runtime.consoleAPICalled" and parameters["type"] in {"error", "warning"}:
            self.problems.append(" ".join(str(item.get("value")) for item in parameters["args"]))
        elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}:
            self.problems.append(parameters["entry"]["text"])

    def size(self, width: int, height: int, *, scale: float = 1, phone: bool = False) -> None:
        """Show the page as on a screen of this size."""
        self._send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )

    def colors(self, scheme: str) -> None:
        """Prefer ``light`` or ``dark``."""
        self._send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url: str) -> None:
        """Go to an address; an address on the same page is a new start, too."""
        self._send("Page.navigate", url="about:blank")
        self._send("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """The JSON value of a script."""
        answer = self._send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", script))
        return answer["result"].get("value")

    def wait(self, script: str) -> Any:
        """The value of a script once it is true.

        Raises:
            TimeoutError: it never was; the message has what the page shows.
        """
        limit = time.monotonic() + _PATIENCE
        while not (value := self.evaluate(script)):
            if time.monotonic() > limit:
                raise TimeoutError(f"{script}\n{self.evaluate('document.body.innerText')}\n{self.problems}")
        return value

    def shows(self, selector: str) -> None:
        """Wait until there is an element that fits."""
        self.wait(f"document.querySelector({json.dumps(selector)}) !== null")

    def text(self, selector: str) -> str:
        """What an element shows; waits until there is one."""
        found: str = self.wait(f"document.querySelector({json.dumps(selector)})?.innerText")
        return found

    def click(self, selector: str, containing: str = "") -> None:
        """Click the first element that fits, once there is one."""
        chosen = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".find((element) => element.textContent.includes({json.dumps(containing)}))"
        )
        self.wait(f"(() => {{ const found = {chosen}; found?.click(); return Boolean(found); }})()")

    def type(self, selector: str, text: str) -> None:
        """Replace the text of a field, as typing does."""
        self.wait(
            f"(() => {{ const field = document.querySelector({json.dumps(selector)}); if (!field) return false;"
            f" field.value = {json.dumps(text)}; field.dispatchEvent(new Event('input', {{bubbles: true}}));"
            " return true; })()"
        )

    def picture(self, path: Path) -> None:
        """Save what the screen shows."""
        path.write_bytes(base64.b64decode(self._send("Page.captureScreenshot", format="png")["data"]))


@contextlib.contextmanager
def browser() -> Iterator[Page]:
    """A page in a new browser, which ends with the block."""
    assert CHROMIUM is not None
    read_commands, write_commands = os.pipe()
    read_answers, write_answers = os.pipe()
    # Chromium refuses to sandbox what root starts, as in containers.
    options = [*_OPTIONS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory(prefix="entra-sync-browser-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                *(sys.executable, "-ISc", _WITH_PIPES, str(read_commands), str(write_answers)),
                *(CHROMIUM, *options, f"--user-data-dir={profile}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(read_commands, write_answers),
        )
        os.close(read_commands)
        os.close(write_answers)
        with os.fdopen(write_commands, "wb") as commands, os.fdopen(read_answers, "rb") as answers:
            try:
                yield Page(commands, answers.fileno())
            finally:
                process.terminate()
                end(process)


CONTRASTS = """(least) => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const linear = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = parts(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.disabled || !element.checkVisibility()) continue;
    const [one, other] = [parts(getComputedStyle(element).color), behind(element)].map(light);
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < least) found.push([element.className, element.textContent.slice(0, 40), contrast]);
  }
  return found;
}"""
"""Finds the texts of a page whose contrast with what is behind them is less than asked."""
