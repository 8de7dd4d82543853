"""Prints what a playbook does as one JSON object a line, for programs that watch it."""
from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: coldstart_events
    type: stdout
    short_description: one JSON object a line for each task, result and summary
    description:
        - For programs. Every line on standard output is one JSON object with the key C(event).
        - Results of tasks with C(no_log) are never shown.
"""

LONGEST_TEXT = 65536
HIDDEN_KEYS = ('invocation', 'diff', 'ansible_facts', 'exception')


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'coldstart_events'

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._began = {}
        self._plays_left = set()
        stop_with_parent()

    def v2_playbook_on_start(self, playbook):
        self._plays_left = {play._uuid for play in playbook.get_plays()}
        self._emit(event='start', playbook=os.path.basename(playbook._file_name))

    def v2_playbook_on_play_start(self, play):
        self._plays_left.discard(play._uuid)

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._emit(event='task', task=task.get_name().strip(), uuid=task._uuid)

    def v2_playbook_on_handler_task_start(self, task):
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_on_start(self, host, task):
        self._began[(host.get_name(), task._uuid)] = time.monotonic()

    def v2_runner_on_ok(self, result):
        self._host(result, 'changed' if result._result.get('changed') else 'ok')

    def v2_runner_on_skipped(self, result):
        self._host(result, 'skipped')

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._host(result, 'failed', ignored=bool(ignore_errors))

    def v2_runner_on_unreachable(self, result):
        self._host(result, 'unreachable')

    def v2_runner_retry(self, result):
        shown = result._result
        self._emit(event='retry', host=result._host.get_name(), task=result._task.get_name().strip(),
                   attempt=shown.get('attempts', 0), of=shown.get('retries', 0))

    def v2_playbook_on_stats(self, stats):
        self._emit(event='stats', hosts={host: stats.summarize(host) for host in sorted(stats.processed)})
        # Ansible leaves out the plays after one in which every machine failed, for all machines.
        self._emit(event='end', complete=not self._plays_left)

    def _host(self, result, status, ignored=False):
        host, task = result._host.get_name(), result._task
        shown = visible(result._result)
        event = dict(event='host', host=host, task=task.get_name().strip(), status=status, output=shown,
                     seconds=round(time.monotonic() - self._began.pop((host, task._uuid), time.monotonic()), 3))
        if status in ('failed', 'unreachable'):
            event['message'] = reason(shown)
        if ignored:
            event['ignored'] = True
        self._emit(**event)

    def _emit(self, **event):
        try:
            sys.stdout.write(json.dumps(event, default=str) + '\n')
            sys.stdout.flush()
        except BrokenPipeError:  # the reader is gone, so nobody steers this run any more
            os.kill(os.getpid(), signal.SIGINT)


def visible(result):
    """A result as a person may read it: secrets hidden, internals dropped, endless texts cut in the middle."""
    if result.get('_ansible_no_log') or 'censored' in result:
        return {'censored': 'the output is hidden because it may hold secrets', 'changed': bool(result.get('changed'))}
    return {key: tidy(value) for key, value in result.items() if not key.startswith('_') and not redundant(key, result)}


def redundant(key, result):
    if key == 'cmd':  # a whole script: it is in the role
        return '\n' in str(result[key])
    return key in HIDDEN_KEYS or (key.endswith('_lines') and key[:-len('_lines')] in result)


def tidy(value):
    if isinstance(value, dict):
        return visible(value)
    if isinstance(value, (list, tuple)):
        return [tidy(item) for item in value]
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        half = LONGEST_TEXT // 2
        return f'{value[:half]}\n… {len(value) - LONGEST_TEXT} characters left out …\n{value[-half:]}'
    return value


def reason(shown):
    """The most telling short text of a failed result: an item's own reason, then stderr, then Ansible's message."""
    for item in shown.get('results') or []:
        if isinstance(item, dict) and (item.get('failed') or item.get('unreachable')):
            return reason(item)
    if 'censored' in shown:
        return shown['censored']
    errors = [line for line in str(shown.get('stderr') or shown.get('module_stderr') or '').splitlines() if line.strip()]
    message = str(shown.get('msg') or '')
    if errors and (message in ('', 'non-zero return code') or 'module_stderr' in shown):
        message = '\n'.join(errors[-5:])
    return (message or str(shown.get('stdout') or 'failed without a message'))[-2000:].strip()


def stop_with_parent():
    """On Linux: an interrupt when the program that started this one dies, so that no playbook runs unwatched."""
    if sys.platform == 'linux' and os.environ.get('COLDSTART_STOP_WITH_PARENT'):
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)
