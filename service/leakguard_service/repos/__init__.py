"""Local copies of repositories: fetching them safely, and scanning them in a child."""
