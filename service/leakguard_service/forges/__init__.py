"""What differs between GitHub, GitLab and Gitea or Forgejo."""
