# SPDX-License-Identifier: Apache-2.0
# How much is made and learnt. A smaller run changes the figures here.
# shellcheck shell=sh disable=SC2034 # read by the scripts beside it
voices_most=99     # voices of each part, at most
takes_train=2      # times that a voice says each digit
takes_validation=1
takes_test=15
copies=2           # of each recording, changed by augmentation
real_weight=3      # times that a real recording counts
epochs=8
speakers="george jackson lucas nicolas theo yweweler" # left out one at a time
