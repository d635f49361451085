"""The pages that set a project up, as far as they speak of agents."""
