"""All studies: the cases of each by its name."""
import accumulation
import captured_steps
import chip_studies
import training_studies

OF_CHIPS = {**captured_steps.STUDIES, **chip_studies.STUDIES}
STUDIES = {**OF_CHIPS, **training_studies.STUDIES, **accumulation.STUDIES}
