"""The samples that there are: a pipeline is part of `lake demo` when its `Sample` stands here."""

from lake_platform.local.samples.customers import CUSTOMERS_SAMPLE
from lake_platform.local.samples.flights import FLIGHTS_SAMPLE
from lake_platform.local.samples.inbox import INBOX_SAMPLE
from lake_platform.local.samples.sales import SALES_SAMPLE
from lake_platform.local.samples.sample import Sample
from lake_platform.local.samples.songplays import SONGPLAYS_SAMPLE

SAMPLES: tuple[Sample, ...] = (CUSTOMERS_SAMPLE, SONGPLAYS_SAMPLE, FLIGHTS_SAMPLE, SALES_SAMPLE, INBOX_SAMPLE)
