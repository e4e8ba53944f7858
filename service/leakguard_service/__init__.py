"""The service: forges tell it of pushes, it scans them, answers, and keeps what was found."""
