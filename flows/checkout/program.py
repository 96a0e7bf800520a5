"""`python -m flows.checkout.program ...` is `dvc ...`, ended when its starter is: DVC alone would go on."""

import sys

from tasks.processes import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    from dvc.cli import main

    sys.exit(main(sys.argv[1:]))
