"""A journal entry as a line that a person reads."""

from central_system.events import Frame, Impaired
from rig.console.records import ConsoleLine
from rig.journal.codec import Entry, encode


def line_of(entry: Entry) -> str:
    """Time and what was said, for frames (impaired ones too) and console lines; else the journal's own line."""
    match entry.event:
        case Frame(sender=sender, text=text, data=data):
            return f"{entry.t:9.3f}  {sender} {text if text is not None else data}"
        case Impaired(sender=sender, how="shaped", what=what, text=text, data=data):
            return f"{entry.t:9.3f}  {sender} impaired by {what}: {text if text is not None else data}"
        case ConsoleLine(text=text):
            return f"{entry.t:9.3f}  {text}"
    return encode(entry)
