"""Long work: starts, reports, stops, resumes; which program owns a run and whether it still lives."""
