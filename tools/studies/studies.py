"""All studies: the cases of each by its name."""
import captured_steps
import chip_studies
import training_studies

STUDIES = {**captured_steps.STUDIES, **chip_studies.STUDIES, **training_studies.STUDIES}
