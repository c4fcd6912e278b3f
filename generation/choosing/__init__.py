"""Which model makes what, chosen by a person: for a shot, and on the page to try one."""
