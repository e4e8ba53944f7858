"""`leakguard`, but a worker is held to be dead after seconds: python -m tests.service.hasty serve.

The numbers have to be there before the modules that take them as their defaults.
"""

from leakguard_service import limits

if __name__ == "__main__":
    vars(limits).update(LEASE_SECONDS=6.0, BEAT_SECONDS=1.0, CALM_SECONDS=6.0)
    from leakguard.cli.main import main

    main()
