"""Budgets and the mail that comes before the money is gone.

Here live budgets and their states, the tick that prices what has arrived and
applies the rules, the messages, and their delivery by mail and webhook. The
package never imports Dash: it runs without a browser, from a timer. Only
`alerts.mail` opens a connection to a mail server.
"""

from __future__ import annotations
