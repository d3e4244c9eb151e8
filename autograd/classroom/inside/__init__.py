"""What runs beside a student's code, in its process: it asks that code, and turns what comes back into plain numbers.

Nothing but the standard library is imported here and nothing of the truth is known here: both are outside, in asking.py
and in the checks. Read plain.py, engines.py, tools.py, submission.py, worker.py in this order.
"""
