"""The fastai tutorials' recipe for collaborative filtering: the reference that the Bayesian fit is measured against."""
