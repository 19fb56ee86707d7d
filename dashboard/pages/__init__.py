"""The pages, a module or package each; ``dashboard.navigation`` says where they stand."""
