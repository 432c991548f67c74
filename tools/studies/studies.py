"""All studies: the cases of each by its name."""
import chip_studies
import training_studies

STUDIES = {**chip_studies.STUDIES, **training_studies.STUDIES}
