"""mailbot answers the mailbox that a privacy policy promises."""

__version__ = "0.1.0"
