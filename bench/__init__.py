"""Times mini-batch SGD over batch sizes and says what the batch size buys."""
