"""A stage that takes a minute, and ends with whoever started it as the real ones do."""

import time

from tasks.processes import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    time.sleep(60)
