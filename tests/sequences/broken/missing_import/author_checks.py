"""A test of the author: nobody imports it to run the sequence."""

import a_test_runner_of_somebody_else
