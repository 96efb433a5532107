"""``python -m nli``: the same as the ``nli`` command."""

from nli.cli.main import main

if __name__ == "__main__":
    main()
